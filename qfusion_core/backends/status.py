"""What an entry of ``backends.yaml`` is, and what it lacks; nothing is run, nobody is asked."""

from __future__ import annotations

from typing import Any

from qfusion_core.backends.file import Backends
from qfusion_core.backends.lacking import lacking
from qfusion_core.backends.opening import open_named
from qfusion_core.errors import QfusionError
from qfusion_core.plugin.discovery import explain
from qfusion_core.plugin.registry import Registry


def describe_backend(backends: Backends, name: str, registry: Registry) -> dict[str, Any]:
    """The entry as ``qfusion backends --json`` shows it.

    Args:
        backends: The file.
        name: In it.
        registry: Where devices are looked up.
    """
    entry = backends.entries[name]
    row: dict[str, Any] = {
        "name": name,
        "type": entry.type,
        "options": {},  # shown once they are checked: a secret may stand where none belongs
        "shots": None,
        "max_wires": None,
        "status": "invalid",
        "lacks": None,
        "reason": None,
    }
    try:
        kind, options = backends.configured(name, registry)
        row |= {
            "options": entry.options,
            "status": "unavailable",
            "shots": getattr(options, "shots", None),
        }
        lack = lacking(backends, name, registry)
        status = {"status": lack.said, "lacks": lack.kind} if lack else {"status": "ready"}
        if (lack and lack.kind != "network") or not kind.opens_lightly(options):
            return row | status
        device = open_named(backends, name, registry)
    except QfusionError as error:
        return row | {"reason": str(error)}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's own fault must not hide the other backends
        return row | {"reason": explain(error)}
    if absent := getattr(device, "absent", None):
        row["reason"] = "; ".join(f"without {name}: {reason}" for name, reason in absent.items())
    return row | status | {"shots": device.shots, "max_wires": device.max_wires}
