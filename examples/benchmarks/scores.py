"""The honest table: the hybrid model beside its controls and LightGBM, on the same splits.

Each (data set, encoder, arm, seed) becomes one JSON file under --out; what is there already is not
run again, so the study can be stopped, continued and widened at any time. At the end all results
found under --out are put together in scores.json and scores.md. Without --data only that is done.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from arms import plan
from results import LIGHTGBM, read_results, refuse_mixed
from score_markdown import as_markdown
from score_table import aggregate
from workers import run_all

from qfusion_core import InputError, QfusionError, Registry
from qfusion_core.storage.writing import write_atomically


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add(
        "--data",
        action="append",
        default=[],
        metavar="DATASET",
        help="as for `qfusion train`, e.g. covertype:train=20000,test=5000; repeatable; run in "
        "this order, so name the slowest first",
    )
    add(
        "--seeds",
        type=seeds,
        default=list(range(10, 15)),
        metavar="LIST",
        help="e.g. 10-14 or 10,12,20-22 (default: 10-14)",
    )
    add("--preset", default="strong", help="of the hybrid model (default: strong)")
    add(
        "--arms",
        type=lambda text: text.split(","),
        metavar="LIST",
        help="the preset's name (the hybrid), any quantum encoder or control instead of its own, "
        "lightgbm (default: PRESET,sham,none,lightgbm)",
    )
    add("--classical", help="another classical encoder than the preset's, e.g. conv")
    add(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="as for `qfusion train`; repeatable; quantum.* goes to those arms that know it",
    )
    add(
        "--out",
        type=Path,
        default=Path("examples/benchmarks/results/scores"),
        metavar="FOLDER",
        help="of the results (default: %(default)s)",
    )
    add(
        "--jobs",
        type=positive,
        default=1,
        metavar="N",
        help="worker processes, one thread each (default: 1)",
    )
    add("--lightgbm-threads", type=positive, default=1, metavar="N", help="(default: 1)")
    add("--again", action="store_true", help="run also what is there already")
    add("--keep", action="store_true", help="keep the trained models, in OUT/*/runs/")
    return made  # fmt: skip


def seeds(text: str) -> list[int]:
    """Seeds from a list of numbers and ranges.

    >>> seeds("10-12,20")
    [10, 11, 12, 20]
    """
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        try:
            found += range(int(first), int(last or first) + 1)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{part!r}: expected 10, or 10-14") from None
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r}: no seed in it")
    return list(dict.fromkeys(found))


def positive(text: str) -> int:
    """A number of processes or threads."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of 1 or more")
    return int(text)


def main(words: Iterable[str] | None = None) -> int:
    """Run what is missing, then write the table. The exit code is that of `qfusion`."""
    options = parser().parse_args(None if words is None else list(words))
    try:
        failed = study(options)
        write_table(options.out)
        return 1 if failed else 0
    except QfusionError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print(f"interrupted; what was finished is in {options.out}", file=sys.stderr)
        return 130


def study(options: argparse.Namespace) -> int:
    """Run the cells that have no file yet.

    Returns:
        How many failed; each is reported, and the others are run.
    """
    arms = options.arms or [Path(options.preset).stem, "sham", "none", LIGHTGBM]
    registry = Registry()
    tasks = [
        task
        for data in dict.fromkeys(options.data)
        for task in plan(
            data,
            list(dict.fromkeys(arms)),
            options.seeds,
            preset=options.preset,
            classical=options.classical,
            settings=options.settings,
            lightgbm_threads=options.lightgbm_threads,
            registry=registry,
        )
    ]
    cells = [*(result.cell for result in read_results(options.out)), *(t.cell for t in tasks)]
    refuse_mixed(options.out, cells)
    if not options.again:
        tasks = [t for t in tasks if not (options.out / t.cell.folder / t.cell.file).exists()]
    if not tasks:
        return 0
    return run_all(tasks, options.out, jobs=options.jobs, keep=options.keep)


def write_table(out: Path) -> None:
    """Put all results of a folder together.

    Raises:
        InputError: There are none, or they do not fit together.
    """
    results = read_results(out)
    if not results:
        raise InputError(f"{out}: no results; name a data set, e.g. --data wine")
    refuse_mixed(out, (result.cell for result in results))
    groups = aggregate(results)
    text = json.dumps([asdict(group) for group in groups], indent=2) + "\n"
    write_atomically(out / "scores.json", text)
    table = as_markdown(groups)
    write_atomically(out / "scores.md", table)
    print(f"\n{table}\nwritten: {out / 'scores.md'}, {out / 'scores.json'}")


if __name__ == "__main__":
    sys.exit(main())
