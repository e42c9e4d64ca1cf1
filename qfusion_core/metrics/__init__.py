"""Scores, intervals and tests: pure numbers, free of torch."""
