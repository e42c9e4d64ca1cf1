"""Timed steps as a table and as JSON, with what they should show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from timing.summary import Summary, ratios, significant, summarise

from steps.arm import Turn

BASE = "default-qubit"
FACTOR, SHARE = 8.0, 0.2  # at least so many times faster; at most such a share

HEADER = ("arm", "step ms", f"times faster than {BASE}", "quantum layer ms", "its share", "rows/s")


def summaries(turns: Mapping[str, Sequence[Turn]]) -> dict[str, dict[str, Summary]]:
    """For each arm: ``step``, ``quantum`` (seconds), ``share`` and, beside `BASE`, ``speedup``."""
    found = {}
    for name, own in turns.items():
        found[name] = {
            "step": summarise([turn.step for turn in own]),
            "quantum": summarise([turn.forward + turn.backward for turn in own]),
            "share": summarise([turn.share for turn in own]),
        }
        if BASE in turns:
            base = [turn.step for turn in turns[BASE]]
            found[name]["speedup"] = summarise(ratios(base, [turn.step for turn in own]))
    return found


def judged(turns: Mapping[str, Sequence[Turn]]) -> list[dict[str, Any]]:
    """The targets, of our fastest executor."""
    found = summaries(turns)
    ours = [name for name in found if name.startswith("statevector")]
    if not ours:
        return []
    best = min(ours, key=lambda name: found[name]["step"].median)
    share, speedup = found[best]["share"].median, found[best].get("speedup")
    verdicts = [
        {
            "target": f"the quantum layer takes at most {SHARE:.0%} of a step",
            "arm": best,
            "measured": share,
            "reached": share <= SHARE,
        }
    ]
    if speedup is not None:
        verdicts.append(
            {
                "target": f"a step at least {FACTOR:g} times faster than with {BASE}",
                "arm": best,
                "measured": speedup.median,
                "reached": speedup.median >= FACTOR,
            }
        )
    return verdicts


def as_text(title: str, turns: Mapping[str, Sequence[Turn]], batch: int) -> str:
    """A table: medians, with quartiles in brackets."""
    rows = [HEADER]
    for name, one in summaries(turns).items():
        quantum = Summary(*(1e3 * value for value in one["quantum"]))
        rows.append(
            (
                name,
                Summary(*(1e3 * value for value in one["step"])).show(),
                one["speedup"].show() if "speedup" in one else "-",
                quantum.show() if quantum.median else "-",
                f"{one['share'].median:.1%}" if quantum.median else "-",
                significant(batch / one["step"].median),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [title]
    lines += [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    for verdict in judged(turns):
        word = "reached" if verdict["reached"] else "missed"
        measured = f"{significant(verdict['measured'])} with {verdict['arm']}"
        lines.append(f"  {verdict['target']}: {word}, {measured}")
    return "\n".join(lines) + "\n"


def as_document(title: str, turns: Mapping[str, Sequence[Turn]]) -> dict[str, Any]:
    """All turns and what follows from them."""
    return {
        "title": title,
        "arms": {
            name: {key: value._asdict() for key, value in one.items()}
            for name, one in summaries(turns).items()
        },
        "turns": {name: [asdict(turn) for turn in own] for name, own in turns.items()},
        "targets": judged(turns),
    }
