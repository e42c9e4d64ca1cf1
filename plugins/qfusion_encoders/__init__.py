"""Plugin: encoders."""
