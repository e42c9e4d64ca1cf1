"""A study of how width and noise trade off: see README.md."""
