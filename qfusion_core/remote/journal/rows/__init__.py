"""What the rows of a journal stand for: measurements, calls, jobs and their states."""
