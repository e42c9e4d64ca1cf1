"""Kinds of table files: how each is read, and what is refused in it."""
