"""Whose a journal is: its seal, and the journals that the user has adopted."""
