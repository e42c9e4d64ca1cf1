"""Plugin: statevector."""
