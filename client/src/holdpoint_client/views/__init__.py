"""How things look in a terminal, narrow or wide: a file per thing."""
