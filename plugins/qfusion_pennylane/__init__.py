"""Plugin: pennylane."""
