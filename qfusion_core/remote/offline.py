"""Plans without an account: from what is known of a machine here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from qfusion_core.config.backends import Backends
from qfusion_core.errors import CredentialsMissing
from qfusion_core.interfaces import Device
from qfusion_core.registry import Registry
from qfusion_core.remote.fleet import Binding
from qfusion_core.remote.measurement import Measurement

T = TypeVar("T")


def with_or_without_account(
    backends: Backends, name: str, registry: Registry, run: Path, work: Callable[[Device], T]
) -> tuple[T, str | None]:
    """Plan with a backend; where there are no credentials, with what is known of it here.

    Args:
        backends: The file.
        name: Of the backend.
        registry: Where devices are looked up.
        run: Folder of the run.
        work: Sends nothing.

    Returns:
        What ``work`` gives, and why the machine was not asked; None where it was.

    Raises:
        CredentialsMissing: There are none, and nothing is known here.
    """
    from qfusion_core.remote.device import RemoteDevice

    try:
        return work(backends.open(name, registry, run)), None
    except CredentialsMissing as missing:
        device, options = backends.configured(name, registry)
        found = device.offline(options) if issubclass(device, RemoteDevice) else None
        if found is None:
            raise
        found.bound = Binding(name, backends.entries[name].budget, Measurement.of(run))
        return work(found), str(missing)
