"""Plugin: attention."""
