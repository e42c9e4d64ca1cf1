"""The contracts that plugins fill in, and nothing else."""
