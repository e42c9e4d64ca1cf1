"""A backend of a ``backends.yaml`` that was only found: opened where it runs on this machine."""

from __future__ import annotations

from qfusion_core.backends.file import Backends
from qfusion_core.config.trust import how_to_trust
from qfusion_core.errors import NotTrusted
from qfusion_core.plugin.registry import Registry


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
