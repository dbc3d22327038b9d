"""Version 1 of the HTTP interface: a file per noun. Docs for its users: docs/reference/api.md."""
