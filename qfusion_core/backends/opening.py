"""Opens backends: a device with its options, its secrets, its budget and its journal.

What is wrong in ``backends.yaml`` is said before torch is imported, which devices need.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qfusion_core.backends.file import Backends
from qfusion_core.backends.trust import require_trust
from qfusion_core.config.arguments import require_text
from qfusion_core.errors import InputError
from qfusion_core.options import Options
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import shown_path

if TYPE_CHECKING:
    from qfusion_core.interfaces.device import Device
    from qfusion_core.pool.device import Pool
    from qfusion_core.remote.adapter.approval import Approve
    from qfusion_core.remote.adapter.binding import Binding
    from qfusion_core.remote.adapter.measurement import Measurement
    from qfusion_core.remote.device import RemoteDevice

Change = Callable[[Options], Options]


def open_backend(
    name: str | None = None,
    path: str | Path | None = None,
    *,
    run: str | Path | Measurement | None = None,
    approve: Approve = None,
    shots: int | None = None,
) -> Device:
    """Open a backend by its name in ``backends.yaml``.

    Args:
        name: The default backend for None.
        path: The file; None looks in the usual places (see `qfusion_core.backends.file`).
        run: Where a remote device writes its jobs down: the folder of a run, or a
            `qfusion_core.Measurement`, whose values can be gone on with and taken again; None for a
            new folder in the user's state directory. A device on this machine has no use for it.
        approve: What a backend that costs money may spend: True, or a function that is called with
            each price (`qfusion_core.Price`) before anything is sent, and says whether it may be
            spent; without it such a backend raises an error with the price. A `Measurement` has its
            own.
        shots: Instead of those that its options have; None leaves them.

    Raises:
        InputError: One line with the position in the file.
    """
    require_text("name", name, "the name of a backend, or None")
    backends = Backends.read(path)
    name = backends.default if name is None else name
    change = None if shots is None else partial(_with_shots, shots=shots)

    from qfusion_core.remote.adapter.measurement import Measurement
    from qfusion_core.remote.planning.queued_device import as_queue

    measurement = Measurement.of(run, approve)
    opened = open_named(backends, name, run=measurement, change=change)
    if as_queue(opened) is None:
        measurement.unused(name)
    return opened


def _with_shots(options: Options, shots: int) -> Options:
    return options.with_shots(shots)


def open_named(
    backends: Backends,
    name: str | None = None,
    registry: Registry | None = None,
    run: str | Path | Measurement | None = None,
    approve: Approve = None,
    change: Change | None = None,
) -> Device:
    """As `open_backend`, of a file that was read.

    Args:
        backends: The file.
        name: In this file; None for its default.
        registry: Where devices are looked up.
        run: As of `open_backend`.
        approve: As of `open_backend`.
        change: Gives the options to open it with in place of those of the file, such as
            ``lambda options: options.with_shots(100)``.

    Raises:
        InputError: Unknown name, device or option, a secret that is not set, or no budget for a
            backend that costs money.
    """
    name = backends.default if name is None else name
    registry = registry or Registry()
    device, options = backends.configured(name, registry)
    require_trust(backends, name, registry)

    from qfusion_core.interfaces.component import made
    from qfusion_core.remote.adapter.measurement import Measurement
    from qfusion_core.remote.device import RemoteDevice

    if name in backends.pools:
        return _open_pool(backends, name, registry, Measurement.of(run, approve), change)
    if change is not None:
        options = _changed(backends, name, options, change)
    credentials = backends.credentials(name, device)
    called = f"device {device.name!r} of {registry.provider('device', device.name)}"
    try:
        opened: Device = made(device, called, options, credentials)
    except InputError as error:
        if name in backends.made:
            raise
        message = str(backends.source_of(name).error(("backends", name), str(error)))
        raise type(error)(message) from error
    if isinstance(opened, RemoteDevice):
        opened.bound = _binding(backends, name, opened, Measurement.of(run, approve))
    return opened


def _binding(
    backends: Backends, name: str, device: RemoteDevice, measurement: Measurement
) -> Binding:
    from qfusion_core.remote.adapter.binding import Binding

    budget = backends.entries[name].budget
    if device.paid and not device.local and budget is None:
        raise backends.source_of(name).error(
            ("backends", name),
            "costs money and names no budget; add, for example, budget: {max_usd: 5, max_jobs: 20}",
        )
    return Binding(name, budget, measurement)


def _changed(backends: Backends, name: str, options: Options, change: Change) -> Options:
    from pydantic import ValidationError

    from qfusion_core.config.validation_errors import first_problem

    try:
        return change(options)
    except ValidationError as error:
        problem = first_problem(error, type(options), error.errors()[0]["input"])
        key = error.errors()[0]["loc"] or ("options",)
        raise InputError(
            f"{key[0]}: {problem.what}; asked of backend {name!r} instead of its own"
        ) from None
    except InputError as error:
        text = str(error)
    raise InputError(f"backend {name!r} in {shown_path(backends.source_of(name).path)}: {text}")


def _open_pool(
    backends: Backends,
    name: str,
    registry: Registry,
    measurement: Measurement,
    change: Change | None,
) -> Pool:
    """A pool of the members that can be opened; the others are left out, and it knows why.

    Raises:
        InputError: A member costs money and names no budget; or none can be opened.
    """
    from qfusion_core.pool.device import Pool
    from qfusion_core.pool.local_member import LocalMember
    from qfusion_core.remote.adapter.binding import Binding
    from qfusion_core.remote.device import RemoteDevice

    members: dict[str, RemoteDevice] = {}
    absent: dict[str, str] = {}
    for member in backends.pools[name].backends:
        device, _ = backends.configured(member, registry)
        try:
            backends.credentials(member, device)
        except InputError as error:
            absent[member] = str(error)
            continue
        opened = open_named(backends, member, registry, measurement, change=change)
        if not isinstance(opened, RemoteDevice) or opened.local:
            budget = backends.entries[member].budget
            opened = LocalMember(opened)
            opened.bound = Binding(member, budget, measurement)
        members[member] = opened
    if not members:
        reasons = "; ".join(f"{member}: {reason}" for member, reason in absent.items())
        raise backends.source_of(name).error(
            ("backends", name), f"no member can be opened ({reasons})"
        )
    digests = backends.values_digests(name, registry)
    return Pool(backends.pools[name], members, absent, digests, Binding(name, None, measurement))
