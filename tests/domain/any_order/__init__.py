"""Walks of commands and engine statements in any order, against a model of the facts: one file per subject."""
