"""What a pool's entry of ``backends.yaml`` may hold. Free of torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator

from qfusion_core.backends.schema import BackendEntry
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import did_you_mean
from qfusion_core.options import Options
from qfusion_core.printable import one_line

TYPE = "pool"
Share = Literal["even", "queue", "price"] | dict[str, float]


class PoolOptions(Options):
    """Options of a pool.

    Attributes:
        share: What rows are proportional to: the same for all; to 1/(1 + jobs that wait at the
            machine); to 1/(price of all rows there); or to a weight of each member, of which one of
            0 takes only what the others cannot.
    """

    backends: tuple[str, ...] = Field(description="its members: names in this file", min_length=1)
    share: Share = Field(default="even", description="even, queue, price or {name: weight}")

    @field_validator("share", mode="before")
    @classmethod
    def _known(cls, share: Any) -> Any:
        if isinstance(share, Mapping):
            weights = share.values()
            if all(_is_weight(weight) for weight in weights) and any(weights):
                return share
        elif share in ("even", "queue", "price"):
            return share
        raise ValueError(
            "expected even, queue, price, or a weight of 0 or more for each member, not all 0 "
            "({name: weight})"
        )


def read_pools(source: YamlDocument, entries: Mapping[str, BackendEntry]) -> dict[str, PoolOptions]:
    """The pools of a file, each checked with its members.

    Raises:
        InputError: With the position in the file.
    """
    pools = {}
    for name, entry in entries.items():
        if entry.type == TYPE:
            place = ("backends", name)
            for key in ("credentials", "budget"):
                if getattr(entry, key):
                    raise source.error((*place, key), "a pool has none; its members have their own")
            options = source.validate(PoolOptions, (*place, "options"))
            _require_members(source, name, options, entries)
            pools[name] = options
    return pools


def pool_digests(options: PoolOptions, members: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """SHA-256 of a pool's share and of its members' digests by name, in hexadecimal.

    As `qfusion_core.options.values_digests`: today's, and that of the first release.
    """
    made = []
    for version, place in ((2, 0), (1, 1)):
        digests = {name: each[place] for name, each in members.items() if len(each) > place}
        if len(digests) == len(members):
            canonical = json.dumps([version, TYPE, options.share, digests], sort_keys=True)
            made.append(hashlib.sha256(canonical.encode()).hexdigest())
    return tuple(made)


def _require_members(
    source: YamlDocument, name: str, options: PoolOptions, entries: Mapping[str, BackendEntry]
) -> None:
    place = ("backends", name, "options")
    for index, member in enumerate(options.backends):
        wrong = None
        if member == name:
            wrong = f"pool {_shown(name)} cannot be a member of itself"
        elif member not in entries:
            wrong = f"unknown backend {_shown(member)}; {did_you_mean(member, entries)}"
        elif entries[member].type == TYPE:
            wrong = f"{_shown(member)} is a pool; name its members instead"
        elif member in options.backends[:index]:
            wrong = f"{_shown(member)} is there twice"
        if wrong:
            raise source.error((*place, "backends", index), wrong)
    if isinstance(options.share, dict):
        if strangers := [each for each in options.share if each not in options.backends]:
            known = did_you_mean(strangers[0], options.backends)
            raise source.error((*place, "share"), f"{_shown(strangers[0])} is no member; {known}")
        if missing := [each for each in options.backends if each not in options.share]:
            raise source.error(
                (*place, "share"), f"no weight for {one_line(', '.join(missing), 100)}"
            )


def _shown(name: str) -> str:
    return one_line(repr(name), 60)


def _is_weight(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value < float("inf")
