"""``qfusion plugins``: what is installed, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from qfusion_core.cli.output import AsJson, print_json, print_reasons, print_table


def plugins(as_json: AsJson = False) -> None:
    """List every component with its distribution, and the plugins that failed, with the reason."""
    from qfusion_core.plugin.registry import KINDS, Registry

    registry = Registry()
    components: list[dict[str, Any]] = [
        {
            "kind": kind,
            "name": offer.name,
            "distribution": offer.plugin.distribution,
            "version": offer.plugin.version,
            "status": offer.status,
            "reason": offer.failure,
        }
        for kind in KINDS
        for offer in sorted(registry.offers(kind), key=lambda offer: offer.name)
    ]
    failed: list[dict[str, Any]] = [
        {
            "kind": "plugin",
            "name": plugin.entry_point,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "status": "failed",
            "reason": plugin.failure,
        }
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
