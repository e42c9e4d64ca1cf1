"""The executor for any torch device: the same program in few, large tensor operations."""
