"""The workflows that ship with Holdpoint: real enough to learn from, small enough to read."""
