"""One adapter for each simulator that is timed: a traced circuit in the words of that library."""
