"""What a backend lacks before it can be used, as far as this machine tells: asks nobody."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, NamedTuple

from qfusion_core.backends.trust import require_trust
from qfusion_core.config.trust import how_to_trust
from qfusion_core.errors import NotTrusted
from qfusion_core.plugin.extras import missing

if TYPE_CHECKING:
    from qfusion_core.backends.file import Backends
    from qfusion_core.plugin.registry import Registry


class Lack(NamedTuple):
    """What it is, and what to do.

    Attributes:
        kind: Of it.
        said: In words.
    """

    kind: Literal["trust", "extra", "credentials", "network"]
    said: str


def lacking(backends: Backends, name: str, registry: Registry) -> Lack | None:
    """The first thing that is missing; None: nothing.

    A pool can be used if one of its members can.

    A network comes last: whether there is one, nobody is asked.

    Raises:
        InputError: Unknown name, device or option.
    """
    device, options = backends.configured(name, registry)
    try:
        require_trust(backends, name, registry)
    except NotTrusted:
        path = backends.source_of(name).path
        return Lack("trust", f"needs your trust: {how_to_trust(path)}")
    if name in backends.pools:
        members = backends.pools[name].backends
        lacks = [lacking(backends, member, registry) for member in members]
        able = [lack for lack in lacks if lack is None or lack.kind == "network"]
        return next(filter(None, able), None) if able else lacks[0]
    if install := missing(device, options, registry):
        return Lack("extra", f"needs the extra: {install}")
    references = backends.entries[name].credentials
    if unset := [entry.name for entry in references.values() if not os.environ.get(entry.name)]:
        are = "is" if len(unset) == 1 else "are"
        return Lack("credentials", f"needs credentials ({' and '.join(unset)} {are} not set)")
    if absent := device.lacks_credentials(options, references):
        return Lack("credentials", f"needs credentials ({absent})")
    if not device.runs_here(options):
        return Lack("network", "needs the network")
    return None
