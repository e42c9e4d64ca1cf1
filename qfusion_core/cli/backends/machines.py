"""``qfusion backends machines`` and ``refresh``: the lists of vendors' machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.cli.options import BackendsFile
from qfusion_core.cli.output import AsJson, print_json, print_table, say

if TYPE_CHECKING:
    from qfusion_core.remote.machine.machine_list import Listed


def machines(as_json: AsJson = False) -> None:
    """List vendors' machines as published, with page and day. Asks nobody.

    `qfusion estimate RUN --backend NAME` plans for each of them without an account.
    """
    from qfusion_core.backends.listed_machines import listed_machines
    from qfusion_core.plugin.registry import Registry
    from qfusion_core.remote.money.price import Price
    from qfusion_core.remote.money.price_age import said_of_age

    known = listed_machines(Registry())
    found = {name: machine.entry for name, machine in known.items()}
    unpriced = {name: machine.machines.unpriced for name, machine in known.items()}
    if as_json:
        print_json({"machines": [_as_json(name, each) for name, each in found.items()]})
        return
    _print(found, unpriced)
    prices = [each.price_source for each in found.values() if each.price_source]
    if old := said_of_age(Price(0, 0, sources=tuple(prices))):
        say(old)
    say(
        "USD, a task's fee apart; what goes by the plan, `qfusion estimate` says. --json: where "
        "each was read, and when."
    )


def _print(found: Mapping[str, Listed], unpriced: Mapping[str, str]) -> None:
    print_table(
        ("name", "device", "qubits", "gates", "couplings", "shots", "price", "as of"),
        (
            (
                name,
                each.facts.device,
                each.facts.qubits,
                " ".join(each.facts.native_gates) or "-",
                each.facts.connectivity or "-",
                "-" if each.facts.shots is None else "-".join(map(str, each.facts.shots)),
                _price(each) or unpriced[name],
                each.price_source.date if each.price_source else "-",
            )
            for name, each in found.items()
        ),
    )


def refresh(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name in backends.yaml.")],
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a machine's provider for what the list holds of it, and keep the reply in your own list.

    Your own list, machines.yaml in your configuration directory, stands before the packaged one.
    Sends no job, costs nothing.
    """
    from qfusion_core.backends.file import Backends

    backends = Backends.read(backends_file)
    backends.require(name)

    from qfusion_core.backends.properties import refresh_machine

    path, facts = refresh_machine(backends, name)
    if as_json:
        print_json({"backend": name, "path": str(path), "told": facts.model_dump(mode="json")})
    else:
        say(f"{path}: {facts.device} as its provider tells of it today")


def _price(listed: Listed) -> str | None:
    facts = listed.facts
    if facts.usd_per_shot is not None:
        return f"{facts.usd_per_shot:g} per shot"
    return None if facts.usd_per_minute is None else f"{facts.usd_per_minute:g} per minute"


def _as_json(name: str, listed: Listed) -> dict[str, Any]:
    return {
        "name": name,
        **listed.facts.model_dump(mode="json"),
        "packaged": listed.packaged,
        "sources": [each.model_dump(mode="json") for each in listed.readings],
        "price_source": listed.priced and listed.priced.model_dump(mode="json"),
    }
