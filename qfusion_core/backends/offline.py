"""Plans without an account: from what is known of a machine here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from qfusion_core.backends.file import Backends
from qfusion_core.backends.listed_machines import ListedMachine, machines_of
from qfusion_core.backends.opening import open_named
from qfusion_core.errors import CredentialsMissing, InputError, QfusionError
from qfusion_core.interfaces.device import Device
from qfusion_core.options import Options
from qfusion_core.plugin.extras import missing
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import one_line
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.device import RemoteDevice
from qfusion_core.remote.errors import Transient
from qfusion_core.remote.machine.machine_list import Listed

T = TypeVar("T")
SHOTS = 1000  # of a machine that no entry names, if it takes so many


class OfflinePlan(NamedTuple):
    """How to plan without asking.

    Attributes:
        forbidden: Whether nobody may be asked, credentials or not.
        listed: Whether the lists of vendors' machines will do.
        shots: Of a machine that no entry of ``backends.yaml`` names; None for `SHOTS`.
        machine: That machine; None where an entry names the backend. See
            `qfusion_core.backends.listed_machines.require_known`.
    """

    forbidden: bool = False
    listed: bool = False
    shots: int | None = None
    machine: ListedMachine | None = None


def with_or_without_account(
    backends: Backends,
    name: str,
    registry: Registry,
    run: Path,
    work: Callable[[Device], T],
    without: OfflinePlan | None = None,
) -> tuple[T, str | None]:
    """Plan with a backend; where there are no credentials, with what is known of it here.

    Args:
        backends: The file.
        name: Of the backend, or of a machine of the lists.
        registry: Where devices are looked up.
        run: Folder of the run.
        work: Sends nothing.
        without: What may stand in for asking; by default not the lists.

    Returns:
        What ``work`` gives, and why the machine was not asked; None where it was.

    Raises:
        CredentialsMissing: There are none, and nothing is known here.
        InputError: Unknown name, or the network is forbidden and nothing is known here.
    """
    without = without or OfflinePlan()
    if without.machine is not None:
        listed, why = _of_the_lists(without.machine, backends, name, registry, without.shots)
        listed.bound = Binding(name, None, Measurement.of(run))
        return work(listed), _said(listed, why)
    device, options = backends.configured(name, registry)
    if without.shots is not None:
        raise InputError(
            f"shots: backend {name!r} has its own; change them in {backends.source.path}"
        )
    refusal: QfusionError | None = _refusal(
        backends, name, registry, device, options, forbidden=without.forbidden
    )
    if refusal is None:
        try:
            return work(open_named(backends, name, registry, run)), None
        except (CredentialsMissing, Transient) as absent:
            refusal = absent
    planner = _known(device, options, listed=without.listed)
    if planner is None:
        raise refusal
    planner.bound = Binding(name, backends.entries[name].budget, Measurement.of(run))
    return work(planner), _said(planner, "--offline" if without.forbidden else str(refusal))


def _refusal(
    backends: Backends,
    name: str,
    registry: Registry,
    device: type[Device],
    options: Options,
    *,
    forbidden: bool,
) -> InputError | None:
    """Why a backend is not to be opened, and what to do; None: it can be tried."""
    pool = backends.pools.get(name)
    if pool is not None:
        if not forbidden:
            return None
        members = ", ".join(pool.backends)
        return InputError(
            f"offline: the pool {name!r} asks its members before it shares a batch; estimate "
            f"each ({members})"
        )
    if device.runs_here(options):
        return None
    if forbidden:
        return InputError(
            f"offline: no price known: {name!r} (device {device.name!r}) is in no list of "
            "`qfusion backends machines`, and is not asked; leave that out to ask it"
        )
    install = missing(device, options, registry)
    return None if install is None else InputError(f"{name!r} needs the extra: {install}")


def _of_the_lists(
    machine: ListedMachine, backends: Backends, name: str, registry: Registry, shots: int | None
) -> tuple[RemoteDevice, str]:
    device, entry = registry.get("device", machine.device), machine.entry
    assert issubclass(device, RemoteDevice)
    low, high = entry.facts.shots or (1, SHOTS)
    if shots is None and entry.facts.kind == "qpu":
        shots = min(max(SHOTS, low), high)
    if entry.facts.shots and shots is not None and not low <= shots <= high:
        raise InputError(f"shots: {name} takes from {max(1, low)} to {high}, got {shots}")
    try:
        options = device.Options(**{machine.machines.option: entry.facts.device, "shots": shots})
    except ValidationError as error:
        reason = one_line(error.errors()[0]["msg"], 100)
        raise InputError(f"shots: {shots} for {name!r}: {reason}") from None
    planner = _without_account(device, options, entry)
    sampling = "exact values" if shots is None else f"{shots} shots of each circuit"
    return planner, f"no entry of {backends.source.path}, so for {sampling}"


def _known(device: type[Device], options: Options, *, listed: bool) -> RemoteDevice | None:
    if not issubclass(device, RemoteDevice):
        return None
    entry = None
    machines = machines_of(device.Options)
    if listed and machines is not None:
        entry = machines.of(device.listed_as(options))
    return device.offline(options) if entry is None else _without_account(device, options, entry)


def _without_account(device: type[RemoteDevice], options: Options, entry: Listed) -> RemoteDevice:
    """What the provider told stands before what the adapter brings, and that before what is
    published.
    """
    planner = device.offline(options) if entry.packaged else None
    if planner is None:
        planner = device.from_list(options, entry)
        planner.known_from = str(entry)
    return planner


def _said(device: RemoteDevice, why: str) -> str:
    return f"{why}; from {device.known_from}" if device.known_from else why
