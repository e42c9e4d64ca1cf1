"""A PennyLane quantum function, turned into a circuit as data."""
