"""Scores, controls and portability: what a model is worth, and where."""
