"""What a provider tells of a machine, stored: nobody has to be asked again."""

from __future__ import annotations

from pathlib import Path

from qfusion_core.backends.file import Backends
from qfusion_core.backends.listed_machines import machines_of
from qfusion_core.backends.opening import open_named
from qfusion_core.errors import InputError
from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.remote.device import RemoteDevice
from qfusion_core.remote.machine.machine_list import MachineFacts


def save_properties(backends: Backends, name: str, path: Path) -> Path:
    """Ask, and write a new file.

    Args:
        backends: The file.
        name: The backend.
        path: Where to.

    Returns:
        The path.

    Raises:
        InputError: The backend has no such properties, or the file cannot be made.
        RemoteError: The provider cannot be reached, or refuses.
    """
    if path.exists():
        raise InputError(f"{path}: exists; move it, or give another file with --out")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}; make it, or give another file")
    device = open_named(backends, name)
    reply = retrying_caller(device)(device.properties) if isinstance(device, RemoteDevice) else None
    if reply is None:
        raise InputError(
            f"backend {name!r} (device {device.name!r}) tells no properties; those of a machine at "
            "a provider that publishes them can be saved"
        )
    try:
        with path.open("xb") as file:
            file.write(reply)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"{path}: cannot be written ({reason}); give another file") from None
    return path


def refresh_machine(backends: Backends, name: str) -> tuple[Path, MachineFacts]:
    """Ask, and put the reply into the user's own list of machines.

    Args:
        backends: The file.
        name: The backend.

    Returns:
        The list, and what was told.

    Raises:
        InputError: The backend is in no list, or the user's cannot be read or written.
        RemoteError: The provider cannot be reached, or refuses.
    """
    device = open_named(backends, name)
    machines = machines_of(device.Options)
    facts = retrying_caller(device)(device.told) if isinstance(device, RemoteDevice) else None
    if machines is None or facts is None:
        raise InputError(
            f"backend {name!r} (device {device.name!r}) is in no list of machines; those of a "
            "vendor whose adapter brings one can be asked"
        )
    return machines.keep(facts), facts
