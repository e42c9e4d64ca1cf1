"""A measured case as text."""

from __future__ import annotations

from peers.catalogue import DEFAULT_QUBIT

from timing.race import Measured, Result
from timing.summary import Summary, ratios, summarise
from timing.targets import verdicts

HEADER = (
    "peer", "ms", "times faster than default.qubit", "wall/CPU", "first call s", "largest error",
)  # fmt: skip


def speedup(result: Result, measured: Measured) -> Summary | None:
    """Of default.qubit's time over that of this peer, round by round; None without either."""
    base = next((r.rounds for r in measured.results if r.peer == DEFAULT_QUBIT), [])
    return summarise(ratios(base, result.rounds)) if base and result.rounds else None


def as_text(measured: Measured) -> str:
    """The table of a case, medians with quartiles, and its targets."""
    rows = [HEADER, *(_row(result, measured) for result in measured.results if result.rounds)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [measured.case.title]
    lines += [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines += [f"  {r.peer}: {r.problem}" for r in measured.results if not r.rounds]
    for verdict in verdicts(measured):
        found = "not measured"
        if verdict.measured and verdict.compared:
            word = "reached" if verdict.reached else "missed"
            one, other = verdict.compared
            found = f"{word}, {verdict.measured.show()} ({one} against {other})"
        lines.append(f"  {verdict.target.text}: {found}")
    return "\n".join(lines) + "\n"


def _row(result: Result, measured: Measured) -> tuple[str, ...]:
    milliseconds = Summary(*(1e3 * value for value in summarise(result.rounds)))
    ratio = speedup(result, measured)
    note = f" in {result.precision}" if result.precision else ""
    assert result.errors is not None and result.first_call is not None
    return (
        result.peer + note,
        milliseconds.show(),
        ratio.show() if ratio else "-",
        f"{summarise(ratios(result.wall, result.rounds)).median:.2f}",
        f"{result.first_call:.2f}",
        f"{max(result.errors.values()):.1e}",
    )
