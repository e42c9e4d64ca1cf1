"""How large a surrogate's measurement is, if nobody says another number."""

MOST_ROWS = 20_000  # of the grid
LEAST_CHECKS = 16


def usual_checks(rows: int) -> int:
    """How many rows check a grid of so many."""
    return max(LEAST_CHECKS, rows // 4)
