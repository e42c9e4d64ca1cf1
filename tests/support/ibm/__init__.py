"""IBM's service on loopback."""
