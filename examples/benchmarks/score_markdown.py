"""The score table as Markdown, with its verdicts and its method."""

from __future__ import annotations

from collections.abc import Sequence

from results import LIGHTGBM
from score_table import JUDGES, LEVEL, SCORES, Difference, Group

METHOD = f"""\
Test scores in %, mean ± sample standard deviation over n seeds; a seed decides the split, the
weights and the batches. Differences are hybrid minus arm, of macro F1 in points, paired by seed on
the same rows. p: two-sided corrected resampled t-test (Nadeau and Bengio 2003), with the rows of
the test part over all others; p (Holm): adjusted for the comparisons on that data set; p (sign):
exact sign test, for the signs alone. Where a data set has an official test part, that part is the
same for every seed, and p says nothing about other test rows. "Advantage" is said only where the
hybrid beats both {" and ".join(JUDGES)} with p (Holm) < {LEVEL}.
"""


def as_markdown(groups: Sequence[Group]) -> str:
    """The table, its verdicts and its method."""
    columns = (
        "data set", "encoder", "arm", "n", "macro F1", "weighted F1", "accuracy",
        "hybrid - arm", "wins/ties/losses", "p", "p (Holm)", "p (sign)",
    )  # fmt: skip
    lines = [_row(columns), "|" + " --- |" * len(columns)]
    for group in groups:
        for arm, summary in group.arms.items():
            name = f"**{arm}**" if arm == group.hybrid else arm
            encoder = "" if arm == LIGHTGBM else group.classical or ""
            shown = [_spread(one.mean, one.sd) for one in (getattr(summary, s) for s in SCORES)]
            cells = [group.data, encoder, name, str(len(summary.seeds)), *shown]
            lines.append(_row([*cells, *_difference(group.differences.get(arm))]))
    verdicts = "\n".join(
        f"- {group.data}{f' ({group.classical})' if group.classical else ''}: {group.verdict}."
        for group in groups
    )
    commits = sorted({commit for group in groups for commit in group.commits})
    return "\n".join(lines) + f"\n\n{verdicts}\n\n{METHOD}\nCode: {', '.join(commits)}.\n"


def _difference(difference: Difference | None) -> list[str]:
    if difference is None:
        return [""] * 5
    found = difference.paired
    ps = (found.p, difference.p_holm, found.p_sign)
    return [
        _spread(found.mean, found.sd, sign="+"),
        f"{found.wins}/{found.ties}/{found.losses}",
        *("" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}" for p in ps),
    ]


def _spread(mean: float, sd: float | None, sign: str = "") -> str:
    return f"{mean:{sign}.1f}" + ("" if sd is None else f" ± {sd:.1f}")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
