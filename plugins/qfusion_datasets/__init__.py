"""Plugin: datasets."""
