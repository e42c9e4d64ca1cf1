"""Amazon Braket on loopback."""
