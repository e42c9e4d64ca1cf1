"""Opens a pool: each member as if it were named itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qfusion_core.errors import InputError
from qfusion_core.pool.device import Pool
from qfusion_core.pool.local_member import LocalMember
from qfusion_core.remote.device import RemoteDevice
from qfusion_core.remote.measurement import Measurement
from qfusion_core.remote.queued_device import Binding

if TYPE_CHECKING:
    from qfusion_core.backends.file import Backends
    from qfusion_core.plugin.registry import Registry


def open_pool(
    backends: Backends, name: str, registry: Registry, run: str | Path | Measurement | None
) -> Pool:
    """A pool of the members that can be opened; the others are left out, and it knows why.

    Raises:
        InputError: A member costs money and names no budget; or none can be opened.
    """
    measurement = Measurement.of(run)
    members: dict[str, RemoteDevice] = {}
    absent: dict[str, str] = {}
    for member in backends.pools[name].backends:
        device, _ = backends.configured(member, registry)
        try:
            backends.credentials(member, device)
        except InputError as error:
            absent[member] = str(error)
            continue
        opened = backends.open(member, registry, measurement)
        if not isinstance(opened, RemoteDevice) or opened.local:
            here = LocalMember(opened)
            here.bound = Binding(member, backends.entries[member].budget, measurement)
            opened = here
        members[member] = opened
    if not members:
        reasons = "; ".join(f"{member}: {reason}" for member, reason in absent.items())
        raise backends.source_of(name).error(
            ("backends", name), f"no member can be opened ({reasons})"
        )
    digests = backends.values_digests(name, registry)
    return Pool(backends.pools[name], members, absent, digests, Binding(name, None, measurement))
