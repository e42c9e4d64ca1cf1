"""Names that can be planned for: of ``backends.yaml``, and of vendors' lists. Free of torch."""

from __future__ import annotations

from difflib import get_close_matches
from typing import NamedTuple

from qfusion_core.backends.file import Backends
from qfusion_core.errors import InputError
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import one_line, shown_path
from qfusion_core.remote.machine.machine_list import Listed, MachineList
from qfusion_core.remote.options import RemoteOptions


class ListedMachine(NamedTuple):
    """A machine, the list that has it, and the device that plans for it."""

    device: str
    machines: MachineList
    entry: Listed


def listed_machines(registry: Registry) -> dict[str, ListedMachine]:
    """Every machine of the lists that installed adapters have, by name.

    Raises:
        InputError: The user's list is wrong.
    """
    by_name: dict[str, ListedMachine] = {}
    for device in registry.names("device"):
        machines = machines_of(registry.options("device", device))
        if machines is not None:
            entries = machines.read().items()
            by_name |= {name: ListedMachine(device, machines, entry) for name, entry in entries}
    return by_name


def machines_of(options: type) -> MachineList | None:
    """The list that the device with these options has; None: it has none."""
    return options.machines if issubclass(options, RemoteOptions) else None


def require_known(backends: Backends, name: str, registry: Registry) -> ListedMachine | None:
    """A machine of the lists; None for a backend of the file, whose options are checked.

    Raises:
        InputError: Neither is called so, or the options are wrong.
    """
    if name in backends.entries:
        backends.options(name, registry)
        return None
    machines = listed_machines(registry)
    if name not in machines:
        near = get_close_matches(name, [*backends.entries, *machines], n=1)
        if not near or near[0] in backends.entries:
            backends.require(name)
        raise InputError(
            f"unknown backend {one_line(repr(name), 60)} in {shown_path(backends.source.path)}; "
            f"did you mean the machine {near[0]!r}? `qfusion backends machines` lists them"
        )
    return machines[name]
