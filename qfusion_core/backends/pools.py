"""The pools of a ``backends.yaml``, each checked with its members."""

from __future__ import annotations

from collections.abc import Mapping

from qfusion_core.backends.schema import BackendEntry
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import did_you_mean
from qfusion_core.plugin.reserved import POOL, SURROGATE
from qfusion_core.pool.options import PoolOptions
from qfusion_core.printable import one_line


def read_pools(source: YamlDocument, entries: Mapping[str, BackendEntry]) -> dict[str, PoolOptions]:
    """The pools of a file, each checked with its members.

    Raises:
        InputError: With the position in the file.
    """
    pools = {}
    for name, entry in entries.items():
        if entry.type == POOL:
            place = ("backends", name)
            for key in ("credentials", "budget"):
                if getattr(entry, key):
                    raise source.error((*place, key), "a pool has none; its members have their own")
            options = source.validate(PoolOptions, (*place, "options"))
            _require_members(source, name, options, entries)
            pools[name] = options
    return pools


def _require_members(
    source: YamlDocument, name: str, options: PoolOptions, entries: Mapping[str, BackendEntry]
) -> None:
    place = ("backends", name, "options")
    for index, member in enumerate(options.backends):
        wrong = None
        if member == name:
            wrong = f"pool {_shown(name)} cannot be a member of itself"
        elif member.startswith(SURROGATE):
            wrong = f"{_shown(member)} is of a run; name an entry of type surrogate instead"
        elif member not in entries:
            wrong = f"unknown backend {_shown(member)}; {did_you_mean(member, entries)}"
        elif entries[member].type == POOL:
            wrong = f"{_shown(member)} is a pool; name its members instead"
        elif member in options.backends[:index]:
            wrong = f"{_shown(member)} is there twice"
        if wrong:
            raise source.error((*place, "backends", index), wrong)
    if isinstance(options.share, dict):
        if strangers := [member for member in options.share if member not in options.backends]:
            hint = did_you_mean(strangers[0], options.backends)
            raise source.error((*place, "share"), f"{_shown(strangers[0])} is no member; {hint}")
        if missing := [member for member in options.backends if member not in options.share]:
            raise source.error(
                (*place, "share"), f"no weight for {one_line(', '.join(missing), 100)}"
            )


def _shown(name: str) -> str:
    return one_line(repr(name), 60)
