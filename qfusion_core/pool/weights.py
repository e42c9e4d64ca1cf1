"""What the rows of a pool's members are proportional to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qfusion_core.errors import InputError
from qfusion_core.pool.apportion import Region
from qfusion_core.pool.member_plan import MemberPlan
from qfusion_core.pool.options import Share
from qfusion_core.remote.money.price import Price


def weights_of(
    share: Share,
    plans: Mapping[str, MemberPlan],
    regions: Sequence[Region],
    queue_lengths: Mapping[str, int | None],
) -> dict[str, float]:
    """A weight of 0 or more for each member.

    Args:
        share: What the pool's entry says.
        plans: By member.
        regions: What is to be shared.
        queue_lengths: Jobs in the queue of each; one that is not told counts as the longest of the
            others.

    Raises:
        InputError: Prices are to be compared, and one is not known.
    """
    if isinstance(share, Mapping):
        return {name: share[name] for name in plans}
    if share == "queue":
        known_lengths = [length for length in queue_lengths.values() if length is not None]
        longest = max(known_lengths, default=0)
        lengths = {name: queue_lengths.get(name) for name in plans}
        return {
            name: 1 / (1 + (longest if length is None else length))
            for name, length in lengths.items()
        }
    if share == "price":
        return _by_price(plans, regions)
    return dict.fromkeys(plans, 1.0)


def _by_price(plans: Mapping[str, MemberPlan], regions: Sequence[Region]) -> dict[str, float]:
    prices = {}
    for name, plan in plans.items():
        usd = Price.total(job.price for region in regions for job in plan.plan(region)).usd
        if usd is None:
            raise InputError(
                f"{name}: no price in USD is known, so rows cannot be shared by price; give it in "
                "prices.yaml, or choose another share: even, queue or {name: weight}"
            )
        prices[name] = (usd.low + usd.high) / 2
    if not all(prices.values()):  # what is free takes all
        return {name: float(price == 0) for name, price in prices.items()}
    return {name: 1 / price for name, price in prices.items()}
