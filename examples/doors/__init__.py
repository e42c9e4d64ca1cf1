"""Doors, held by test suites that somebody else wrote."""
