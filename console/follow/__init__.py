"""The event stream: one reader of the tail per process, fanned out to every program that follows.

follower.py reads the tail and fans out, reader.py is one open stream, place.py where it is in the events, standing.py
whether its client may go on reading, wire.py Server-Sent Events. A stream holds no connection to the database; what it
missed it reads in pages.
"""
