"""How long a provider asks to wait."""

from __future__ import annotations


def retry_after(header: str) -> float | None:
    """Seconds that an HTTP reply's header ``Retry-After`` asks for; None where it gives no number.

    A date, which the header may hold as well, is not read: a provider's clock is not ours.

    >>> retry_after("0.5"), retry_after("")
    (0.5, None)
    """
    is_number = header.isascii() and header.replace(".", "", 1).isdigit()
    return float(header) if is_number else None
