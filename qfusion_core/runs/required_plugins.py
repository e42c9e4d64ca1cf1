"""Which distributions a run needs besides qfusion: written down, asked for when it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from qfusion_core.config.spec import KINDS_BY_KEY, RunSpec
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import InputError
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import one_line

KEY = "plugins"


def plugins_of(spec: RunSpec) -> dict[str, Any]:
    """For the provenance: distribution and version of each component that is not qfusion's own.

    >>> from qfusion_core.config.presets import compose
    >>> plugins_of(compose("hardware", "wine", registry=Registry()))
    {}
    """
    registry, third_party = Registry(), {}
    for part, kind in KINDS_BY_KEY.items():
        plugin = registry.provider(kind, getattr(spec, part).type)
        if plugin is not None and not plugin.built_in:
            third_party[part] = {"distribution": plugin.distribution, "version": plugin.version}
    return {KEY: third_party} if third_party else {}


@contextmanager
def asking_for_plugins(source: YamlDocument) -> Iterator[None]:
    """An error about a component names the distribution that the run was trained with, if missing.

    Args:
        source: ``config.yaml`` of the run.

    Raises:
        InputError: Whatever was raised inside, and what to install.
    """
    try:
        yield
    except InputError as error:
        missing = list(_missing(source.get(("provenance", KEY))))
        if not missing:
            raise
        raise InputError(
            f"{error}; the run was trained with {', '.join(missing)}, which is not installed here"
        ) from None


def _missing(plugins: Any) -> Iterator[str]:
    for entry in plugins.values() if isinstance(plugins, dict) else ():
        name = entry.get("distribution") if isinstance(entry, dict) else None
        if isinstance(name, str) and name:
            try:
                distribution(name)
            except (PackageNotFoundError, ValueError):
                yield one_line(f"{name} {entry.get('version', '')}", 60)
