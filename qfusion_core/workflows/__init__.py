"""One verb, one function: what the command line calls, and Python alike."""
