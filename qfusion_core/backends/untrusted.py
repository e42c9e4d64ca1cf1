"""What a ``backends.yaml`` may do that was only found: add names of what runs on this machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qfusion_core.config.trust import how_to_trust
from qfusion_core.errors import NotTrusted
from qfusion_core.notes import note
from qfusion_core.printable import one_line

if TYPE_CHECKING:
    from qfusion_core.backends.file import Backends
    from qfusion_core.plugin.registry import Registry


def with_strangers(own: Backends, theirs: Backends) -> Backends:
    """The user's backends, and behind them those of a file that is not trusted.

    A name is looked up in the user's file first. The other's default is taken only where it is a
    name of its own.
    """
    strangers = frozenset(theirs.entries) - frozenset(own.entries)
    pools = {name: pool for name, pool in theirs.pools.items() if name in strangers}
    takes_default = theirs.default in strangers
    note(
        f"{theirs.source.path} was only found here: of it count "
        + (f"its default {one_line(repr(theirs.default), 60)} and " if takes_default else "")
        + f"names that {own.source.path} has not, for what runs on this machine; "
        + how_to_trust(theirs.source.path)
    )
    return replace(
        own,
        default=theirs.default if takes_default else own.default,
        entries={**theirs.entries, **own.entries},
        pools={**pools, **own.pools},
        theirs=theirs.source,
        strangers=strangers,
    )


def require_trust(backends: Backends, name: str, registry: Registry) -> None:
    """Refuse a backend that is not on this machine, of a file that was only found.

    Raises:
        NotTrusted: Says how to trust the file.
        InputError: Unknown name, device or option.
    """
    if backends.theirs is None or name not in backends.strangers:
        return
    pool = backends.pools.get(name)
    for member in (name,) if pool is None else pool.backends:
        device, options = backends.configured(member, registry)
        if backends.entries[member].credentials or not device.runs_here(options):
            path = backends.theirs.path
            raise NotTrusted(
                f"backend {name!r} is of {path}, which was only found here: no remote machine is "
                f"opened for it and it gets no credentials; {how_to_trust(path)}"
            )
