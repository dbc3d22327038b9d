"""What can be typed: a file per kind of command. Each reads its options, asks the server, prints the answer."""
