"""A trained quantum branch, measured once, as an exact trigonometric table."""
