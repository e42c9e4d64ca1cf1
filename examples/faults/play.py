"""Plays scenes and writes what has become of them.

python examples/faults [--vendor ibm] [--scene H1] [--slow] [--out FILE]
python examples/faults --combinations 100 --out FILE
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faults.combinations import combinations
from faults.course import Row, Scene, as_json, play
from faults.scenes import looks, money, results, sending, verbs
from faults.theatre import Theatre
from faults.vendors import VENDORS

SCENES = [
    *looks.SCENES, *sending.SCENES, *results.SCENES, *verbs.SCENES, *money.SCENES,
]  # fmt: skip


def chosen(pattern: str, *, slow: bool) -> list[Scene]:
    """Scenes whose name matches, in the order of their numbers."""
    found = [each for each in SCENES if re.search(pattern, each.name) and (slow or not each.slow)]
    return sorted(found, key=lambda each: (each.name[0], _number(each.name)))


def _number(name: str) -> int:
    found = re.match(r"[A-Z](\d+)", name)
    return int(found[1]) if found else 0


def perform(theatre: Theatre, scenes: Sequence[Scene], vendors: Sequence[str]) -> list[Row]:
    """Play scenes on the vendors that have them; says each row on standard error."""
    rows = []
    for scene in scenes:
        for name in vendors:
            if name in scene.vendors:
                with theatre.stage(VENDORS[name]) as stage:
                    rows.append(play(scene, stage))
                say(rows[-1])
    return rows


def say(row: Row) -> None:
    """One line for a row."""
    mark = "held  " if row.held else "FELL  "
    figures = f"{row.accepted}/{row.planned} code {row.code} {row.values}"
    out = f" out by {row.out}" if row.out else ""
    print(f"{mark}{row.vendor:7}{row.scene}: {figures}{out} ({row.seconds} s)", file=sys.stderr)
    for amiss in row.amiss:
        print(f"          {amiss}", file=sys.stderr)
    if not row.held:
        print(f"          > {row.line[:300]}", file=sys.stderr)


def main(words: Sequence[str] | None = None) -> int:
    """The command; 1 if something did not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--vendor", choices=VENDORS, action="append", help="default: both")
    parser.add_argument("--scene", default="", help="regular expression; default: all")
    parser.add_argument("--slow", action="store_true", help="those that take minutes, too")
    parser.add_argument("--combinations", type=int, default=0, help="random pairs instead")
    parser.add_argument("--seed", type=int, default=0, help="of the first pair")
    parser.add_argument("--out", type=Path, help="file for the rows, JSON")
    given = parser.parse_args(words)
    vendors, began = given.vendor or list(VENDORS), time.monotonic()
    with Theatre(vendors) as theatre:
        if given.combinations:
            seeds = range(given.seed, given.seed + given.combinations)
            document: dict[str, Any] = combinations(theatre, seeds, vendors)
            held = not any(document[name] for name in ("lost", "twice", "wrong", "stuck"))
        else:
            rows = perform(theatre, chosen(given.scene, slow=given.slow), vendors)
            held = all(row.held for row in rows)
            count = {"rows": len(rows), "held": sum(row.held for row in rows)}
            document = {**count, "scenes": [as_json(row) for row in rows]}
        document["truth"] = {name: f"{far:.0e}" for name, far in theatre.distance.items()}
    document["seconds"] = round(time.monotonic() - began)
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(document, indent=1) + "\n")
    short = {name: each for name, each in document.items() if name not in ("scenes", "of")}
    print(json.dumps(short))
    return 0 if held else 1
