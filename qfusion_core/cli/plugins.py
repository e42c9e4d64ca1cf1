"""``qfusion plugins``: what is installed, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qfusion_core.cli.output import AsJson, print_json, print_reasons, print_table

if TYPE_CHECKING:
    from qfusion_core.plugin.discovery import Plugin


def plugins(as_json: AsJson = False) -> None:
    """List every component with its distribution, and the plugins that failed, with the reason."""
    from qfusion_core.plugin.registry import KINDS, Registry

    registry = Registry()
    components = [
        _row(kind, offer.name, offer.plugin, offer.status, offer.failure)
        for kind in KINDS
        for offer in sorted(registry.offers(kind), key=lambda offer: offer.name)
    ]
    failed = [
        _row("plugin", plugin.entry_point, plugin, "failed", plugin.failure)
        for plugin in registry.plugins
        if plugin.failure
    ]
    if as_json:
        print_json({"components": components, "failed_plugins": failed})
        return
    print_table(
        ("kind", "name", "distribution", "status"),
        (
            (
                row["kind"].replace("_", " "),
                row["name"],
                f"{row['distribution']} {row['version']}",
                row["status"],
            )
            for row in components + failed
        ),
    )
    print_reasons(components + failed)


def _row(kind: str, name: str, plugin: Plugin, status: str, reason: str | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "status": status,
        "reason": reason,
    }
