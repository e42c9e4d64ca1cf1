"""Plugin: fusions."""
