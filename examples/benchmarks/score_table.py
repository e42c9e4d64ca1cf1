"""From results to scores: means, paired differences with the hybrid, and one verdict each."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paired import Paired, holm, paired
from results import LIGHTGBM, Result

from qfusion_core import InputError

SCORES = ("macro_f1", "weighted_f1", "accuracy")
JUDGES = ("sham", LIGHTGBM)  # the hybrid must beat both before the word advantage is used
LEVEL = 0.05


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation, in percent; of one score there is no deviation."""

    mean: float
    sd: float | None


@dataclass(frozen=True)
class Summary:
    """An arm over its seeds."""

    seeds: tuple[int, ...]
    macro_f1: Spread
    weighted_f1: Spread
    accuracy: Spread


@dataclass(frozen=True)
class Difference:
    """Macro F1 of the hybrid minus that of an arm, in points, over the seeds that both have.

    Attributes:
        p_holm: ``paired.p``, adjusted for the number of comparisons on this data set.
    """

    paired: Paired
    p_holm: float | None


@dataclass(frozen=True)
class Group:
    """A data set with a classical encoder: its arms, and the hybrid against the others.

    Attributes:
        commits: Of the code that the results come from; more than one is for the reader to judge.
    """

    data: str
    classical: str | None
    hybrid: str
    arms: Mapping[str, Summary]
    differences: Mapping[str, Difference]
    verdict: str
    commits: tuple[str, ...]


def aggregate(results: Sequence[Result]) -> list[Group]:
    """All groups, by name; LightGBM stands in each group of its data set.

    Raises:
        InputError: Two arms were scored on different rows.
    """
    keys = sorted({(r.cell.data, r.cell.classical or "") for r in results})
    with_model = {data for data, classical in keys if classical}
    return [
        _group(
            [r for r in results if r.cell.data == data and r.cell.classical in (classical, None)]
        )
        for data, classical in keys
        if classical or data not in with_model
    ]


def _group(results: Sequence[Result]) -> Group:
    models = [r.cell for r in results if r.cell.classical]
    cell = models[0] if models else results[0].cell
    by_arm: dict[str, dict[int, Result]] = {}
    for result in results:
        by_arm.setdefault(result.cell.arm, {})[result.cell.seed] = result
    first = (cell.preset, *JUDGES, "none")
    names = sorted(by_arm, key=lambda arm: (first.index(arm) if arm in first else len(first), arm))
    differences = _differences(by_arm, names, cell.preset)
    return Group(
        data=cell.data,
        classical=cell.classical,
        hybrid=cell.preset,
        arms={arm: _summary(by_arm[arm]) for arm in names},
        differences=differences,
        verdict=_verdict(cell.preset, differences),
        commits=tuple(sorted({str(result.provenance.get("commit")) for result in results})),
    )


def _summary(runs: Mapping[int, Result]) -> Summary:
    def spread(score: str) -> Spread:
        values = [100 * run.test[score] for run in runs.values()]
        sd = statistics.stdev(values) if len(values) > 1 else None
        return Spread(statistics.fmean(values), sd)

    return Summary(tuple(sorted(runs)), *(spread(score) for score in SCORES))


def _differences(
    by_arm: Mapping[str, Mapping[int, Result]], names: Sequence[str], hybrid: str
) -> dict[str, Difference]:
    found = {}
    for arm in names:
        seeds = sorted(by_arm[arm].keys() & by_arm.get(hybrid, {}).keys())
        if arm != hybrid and seeds:
            pairs = [(by_arm[hybrid][seed], by_arm[arm][seed]) for seed in seeds]
            found[arm] = _paired(pairs)
    tested = [arm for arm in found if found[arm].p is not None]
    adjusted = dict(zip(tested, holm([found[arm].p or 0.0 for arm in tested]), strict=True))
    return {arm: Difference(found[arm], adjusted.get(arm)) for arm in found}


def _paired(pairs: Sequence[tuple[Result, Result]]) -> Paired:
    for one, other in pairs:
        if one.data_digest != other.data_digest:
            raise InputError(
                f"{one.cell.title} and {other.cell.title} were not scored on the same rows, so "
                "they make no pair; run both with --again"
            )
    # validation rows are no test rows: they chose the epoch, or were fitted on
    train, validation, test = pairs[0][0].rows
    return paired(
        [100 * one.test["macro_f1"] for one, _ in pairs],
        [100 * other.test["macro_f1"] for _, other in pairs],
        test_train_ratio=test / (train + validation),
    )


def _verdict(hybrid: str, differences: Mapping[str, Difference]) -> str:
    reasons = []
    beaten = 0
    for arm in JUDGES:
        if arm not in differences:
            reasons.append(f"not compared with {arm}")
            continue
        difference = differences[arm]
        p = difference.p_holm
        shown = f"{arm} by {difference.paired.mean:+.1f} points"
        if p is not None and p < LEVEL and difference.paired.mean > 0:
            beaten += 1
            reasons.append(f"{hybrid} beats {shown} ({_chance(p)})")
        else:
            reasons.append(f"{hybrid} differs from {shown} ({_chance(p)})")
    found = "advantage found" if beaten == len(JUDGES) else "no advantage found"
    return f"{found}: {'; '.join(reasons)}"


def _chance(p: float | None) -> str:
    if p is None:
        return "no test"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
