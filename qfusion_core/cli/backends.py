"""``qfusion backends``: where a model can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from qfusion_core.cli.options import BackendsFile
from qfusion_core.cli.output import AsJson, print_json, print_reasons, print_table

if TYPE_CHECKING:
    from qfusion_core.config.backends import Backends
    from qfusion_core.registry import Registry


def backends(backends_file: BackendsFile = None, as_json: AsJson = False) -> None:
    """List the entries of backends.yaml and open each, without running anything."""
    from qfusion_core.config.backends import Backends
    from qfusion_core.registry import Registry

    found = Backends.read(backends_file)
    registry = Registry()
    rows = [_describe(found, name, registry) for name in found.entries]
    if as_json:
        print_json({"file": found.source.path, "default": found.default, "backends": rows})
        return
    typer.echo(f"{found.source.path} (* default)")
    print_table(
        ("name", "type", "options", "status"),
        (
            (
                f"{row['name']} *" if row["name"] == found.default else row["name"],
                row["type"],
                ", ".join(f"{key}={value}" for key, value in row["options"].items()) or "-",
                row["status"],
            )
            for row in rows
        ),
    )
    print_reasons(rows)


def _describe(found: Backends, name: str, registry: Registry) -> dict[str, Any]:
    from qfusion_core.discovery import explain
    from qfusion_core.errors import QfusionError

    entry = found.entries[name]
    row: dict[str, Any] = {
        "name": name,
        "type": entry.type,
        "options": {},  # shown once they are checked: a secret may stand where none belongs
        "shots": None,
        "max_wires": None,
        "status": "invalid",
        "reason": None,
    }
    try:
        found.configured(name, registry)
        row |= {
            "options": entry.options,
            "status": "unavailable",
        }  # an extra or a secret is missing, until it opens
        device = found.open(name, registry)
    except QfusionError as error:
        return row | {"reason": str(error)}
    except Exception as error:  # a plugin's own fault must not hide the other backends
        return row | {"reason": explain(error)}
    return row | {"status": "ready", "shots": device.shots, "max_wires": device.max_wires}
