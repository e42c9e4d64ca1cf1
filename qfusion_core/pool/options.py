"""What a pool's entry of ``backends.yaml`` may hold. Free of torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator

from qfusion_core.options import Options
from qfusion_core.plugin.reserved import POOL

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


def pool_digests(options: PoolOptions, members: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """SHA-256 of a pool's share and of its members' digests by name, in hexadecimal.

    As `qfusion_core.options.values_digests`: today's, and that of the first release.
    """
    of_pool = []
    for version, place in ((2, 0), (1, 1)):
        digests = {
            name: versions[place] for name, versions in members.items() if len(versions) > place
        }
        if len(digests) == len(members):
            canonical = json.dumps([version, POOL, options.share, digests], sort_keys=True)
            of_pool.append(hashlib.sha256(canonical.encode()).hexdigest())
    return tuple(of_pool)


def _is_weight(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value < float("inf")
