"""A QPU that is emulated here, from the properties that AWS has told of it."""
