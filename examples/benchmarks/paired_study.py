"""A study of several arms on the same splits: seed by seed, then means and paired differences."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scores import positive, seeds

from qfusion_core import InputError, QfusionError, Registry, RemoteDevice
from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.provenance import provenance
from qfusion_core.storage.writing import write_atomically

Result = dict[str, Any]


class Study(NamedTuple):
    """What differs between studies.

    Attributes:
        arms: Whose scores are printed for each seed.
        one_seed: Scores of all arms, and ``rows``: ``[fitted on, tested on]``.
        summary: Of all seeds.
        as_markdown: Of the whole document.
        name: Of the files that are written.
    """

    arms: Sequence[str]
    one_seed: Callable[[argparse.Namespace, int, Backends], Result]
    summary: Callable[[Sequence[Result]], Result]
    as_markdown: Callable[[Result], str]
    name: Callable[[argparse.Namespace], str]


def interval(differences: Sequence[float], ratio: float) -> dict[str, float | None]:
    """Mean with 95% limits of the corrected resampled t-interval (Nadeau and Bengio, 2003).

    Args:
        differences: One for each seed.
        ratio: Test rows over training rows: random splits of one data set overlap.
    """
    from scipy import stats

    n, mean = len(differences), float(np.mean(differences))
    if n < 2:
        return {"mean": mean, "low": None, "high": None}
    half = float(stats.t.ppf(0.975, n - 1) * np.std(differences, ddof=1) * math.sqrt(1 / n + ratio))
    return {"mean": mean, "low": mean - half, "high": mean + half}


def means_and_differences(
    results: Sequence[Result], numbers: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> Result:
    """Means of numbers, and intervals of paired differences."""
    fitted, tested_on = results[0]["rows"]
    return {
        "means": {arm: float(np.mean([each[arm] for each in results])) for arm in numbers},
        "differences": {
            f"{first} - {second}": interval(
                [each[first] - each[second] for each in results], tested_on / fitted
            )
            for first, second in pairs
        },
    }


def tables(document: Result, what: str, *after: str) -> str:
    """A summary in Markdown.

    Args:
        document: Of the study.
        what: Which numbers these are.
        after: Lines below the tables.
    """
    found = document["summary"]
    lines = [
        f"# {document['preset']} on {document['data']}, backend {document['backend']}, "
        f"{len(document['seeds'])} seeds",
        "",
        what,
        "",
        "| arm | mean |",
        "| --- | --- |",
        *(f"| {arm} | {value:.4f} |" for arm, value in found["means"].items()),
        "",
        "| paired difference | mean | 95% interval |",
        "| --- | --- | --- |",
    ]
    for pair, each in found["differences"].items():
        limits = "-" if each["low"] is None else f"{each['low']:+.4f} to {each['high']:+.4f}"
        lines.append(f"| {pair} | {each['mean']:+.4f} | {limits} |")
    return "\n".join([*lines, *after, ""])


def parser(description: str, folder: str, **backend: Any) -> argparse.ArgumentParser:
    """The options of the command line.

    Args:
        description: Of the study.
        folder: In which results lie.
        backend: Of the option ``--backend``.
    """
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--backend", **backend)
    add("--backends-file", type=Path, metavar="FILE")
    add("--data", default="wine", metavar="DATASET", help="(default: %(default)s)")
    add("--preset", default="hardware", help="(default: %(default)s)")
    add("--seeds", type=seeds, default=list(range(10, 20)), metavar="LIST", help="(default: 10-19)")
    add("--samples", type=positive, default=32, help="rows of the calibration (default: 32)")
    add("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    add("--out", type=Path, default=Path(folder), metavar="FOLDER", help="(default: %(default)s)")
    return made


def run(study: Study, made: argparse.ArgumentParser, words: Iterable[str] | None) -> int:
    """Run all seeds, then write the results; the exit code."""
    options = made.parse_args(None if words is None else list(words))
    try:
        backends = Backends.read(options.backends_file)
        device = open_named(backends, backends.require(options.backend), Registry())
        if isinstance(device, RemoteDevice) and not device.local:
            raise InputError(f"backend {options.backend!r} is remote; name one that runs here")
        results = []
        for seed in options.seeds:
            result = study.one_seed(options, seed, backends)
            results.append(result)
            print(", ".join(f"{arm} {result[arm]:.4f}" for arm in study.arms), f"(seed {seed})")
            sys.stdout.flush()
    except QfusionError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    document = {
        "data": options.data, "preset": options.preset, "backend": options.backend,
        "settings": options.settings, "seeds": options.seeds, "summary": study.summary(results),
        "results": results, "provenance": provenance(),
    }  # fmt: skip
    written(options.out, study.name(options), document, study.as_markdown(document))
    return 0


def written(folder: Path, name: str, document: Result, markdown: str) -> None:
    """Write ``NAME.json`` and ``NAME.md``, and show the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / f"{name}.json", json.dumps(document, indent=2) + "\n")
    write_atomically(folder / f"{name}.md", markdown)
    print(f"\n{markdown}\nwritten: {folder}/{name}.json and .md")
