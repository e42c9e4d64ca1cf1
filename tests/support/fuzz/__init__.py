"""What the fuzzers do to an input, and what it may do then."""
