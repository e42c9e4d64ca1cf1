"""A verb that was told `--offline` asks nobody: neither a machine nor a server of data sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from qfusion_core.errors import InputError

# of the running verb: what would have to hand it on are plugins' own methods
_FORBIDDEN: ContextVar[bool] = ContextVar("offline", default=False)


@contextmanager
def no_network(forbidden: bool = True) -> Iterator[None]:
    """Inside, `require_network` refuses."""
    before = _FORBIDDEN.set(forbidden)
    try:
        yield
    finally:
        _FORBIDDEN.reset(before)


def require_network(what: str) -> None:
    """To be called before anybody but this machine is asked.

    Args:
        what: Is to be done; begins the error's text.

    Raises:
        InputError: The network is forbidden.
    """
    if _FORBIDDEN.get():
        raise InputError(f"{what} needs the network, which offline forbids; leave it out")
