"""Preset `wide`, chosen on validation scores: changes one at a time, then those that help together.

Each candidate is trained as the preset says, on the training parts of four data sets and with three
seeds that no other study uses; test parts are not looked at. The score is the one that decides
which epoch is kept: macro F1 less 0.2 cross-entropy, on the validation part. In each round the
changes that helped in the round before (in the first: all) are tried on what was chosen. Of those
whose mean gain over data sets and seeds is more than twice its standard error, the best is taken.
Among many changes one looks good by chance: what is chosen has to gain on other seeds, too.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from qfusion_core import Registry, write_atomically
from qfusion_core.config.presets import compose
from qfusion_core.workflows.train import train
from width import rows
from width.parallel import run_all

SEEDS, CONFIRMING_SEEDS = (0, 1, 2), (3, 4, 5, 6, 7)
DATA = (
    "breast-cancer", "steel-plates-faults",
    "fashion-mnist:classes=0,1,2,train=2000", "covertype:train=3000,test=5000",
)  # fmt: skip
QUANTUM, FUSION, TRAINING = "quantum.options.", "fusion.options.", "training."
CHANGES = (
    f"{QUANTUM}encoding_scale=0.15", f"{QUANTUM}encoding_scale=0.25",
    f"{QUANTUM}encoding_scale=1.0", f"{QUANTUM}weights_init=uniform", f"{QUANTUM}repeat=stretch",
    f"{TRAINING}quantum_learning_rate=0.003", f"{TRAINING}quantum_learning_rate=0.03",
    f"{TRAINING}learning_rate=0.004", f"{FUSION}token_place=wire",
    f"{FUSION}token_embedding=shared", f"{FUSION}gate=true", f"{FUSION}feed_forward=0",
)  # fmt: skip
MOST_ROUNDS = 4

Changes = tuple[str, ...]  # of settings, as for `qfusion train --set`


def tune(out: Path, processes: int) -> None:
    """Run all rounds, and write ``tuned.md``."""
    file, lines = out / "tuned.jsonl", list[str]()
    chosen: Changes = ()
    helpful = list(CHANGES)
    for number in range(1, MOST_ROUNDS + 1):
        candidates = [(*chosen, change) for change in helpful]
        scores = _scores(file, [chosen, *candidates], SEEDS, processes)
        gains = {each: gain(scores[each], scores[chosen]) for each in candidates}
        lines += _table(number, chosen, scores, gains)
        sure = [each for each, (mean, error) in gains.items() if mean > 2 * error]
        if not sure:
            lines += ["", f"None gains more than twice its standard error: {_said(chosen)}."]
            break
        chosen = max(sure, key=lambda each: gains[each][0])
        lines += ["", f"Taken: {_said(chosen)}."]
        option = chosen[-1].partition("=")[0]
        helpful = [
            each[-1]
            for each, (found, _) in gains.items()
            if found > 0 and not each[-1].startswith(f"{option}=")
        ]
        if not helpful:
            break
    if chosen:
        scores = _scores(file, [(), chosen], CONFIRMING_SEEDS, processes)
        mean, error = gain(scores[chosen], scores[()])
        lines += [
            "", "## On other seeds", "",
            f"{_said(chosen)} against {_said(())}: {mean:+.4f}, standard error {error:.4f}.",
        ]  # fmt: skip
    assert __doc__
    write_atomically(out / "tuned.md", "\n".join([f"# {__doc__.splitlines()[0]}", *lines, ""]))
    print("\n".join(lines))


def gain(scores: Sequence[float], before: Sequence[float]) -> tuple[float, float]:
    """Mean of the paired differences, and its standard error."""
    differences = np.subtract(scores, before)
    error = differences.std(ddof=1) / math.sqrt(len(differences))
    return float(differences.mean()), float(error)


def score(data: str, seed: int, changes: Changes) -> dict[str, Any]:
    """The validation score of one training."""
    settings = [*changes, f"{TRAINING}seed={seed}"]
    spec = compose("wide", data, settings=settings, registry=Registry())
    with tempfile.TemporaryDirectory() as scratch:
        run = train(spec, Path(scratch) / "run", backend="statevector")
        metrics = run.folder.read_metrics()
    found = metrics["validation"]
    return {
        "data": data, "seed": seed, "changes": list(changes), "score": found["score"],
        "macro_f1": found["validation_macro_f1"], "cpu_seconds": metrics["seconds"],
    }  # fmt: skip


def _scores(
    file: Path, tried: Sequence[Changes], seeds: Sequence[int], processes: int
) -> dict[Changes, list[float]]:
    """Scores of all data sets and seeds, in the same order for each candidate."""
    wanted = [(data, seed, changes) for changes in tried for data in DATA for seed in seeds]
    known = {_of(row): row["score"] for row in rows.read(file)}
    jobs = [
        (f"{data} seed {seed} {_said(changes)}", partial(score, data, seed, changes))
        for data, seed, changes in wanted
        if (data, seed, changes) not in known
    ]
    run_all(jobs, file, processes, "score")
    known = {_of(row): row["score"] for row in rows.read(file)}
    return {
        changes: [known[data, seed, changes] for data in DATA for seed in seeds]
        for changes in tried
    }


def _of(row: dict[str, Any]) -> tuple[str, int, Changes]:
    return row["data"], row["seed"], tuple(row["changes"])


def _said(changes: Changes) -> str:
    return ", ".join(changes) or "the preset as it was"


def _table(
    number: int,
    chosen: Changes,
    scores: dict[Changes, list[float]],
    gains: dict[Changes, tuple[float, float]],
) -> list[str]:
    lines = [
        "", f"## Round {number}: beside {_said(chosen)}", "",
        f"Mean score {np.mean(scores[chosen]):.4f}.", "",
        "| change | gain | standard error |", "| --- | --- | --- |",
    ]  # fmt: skip
    order = sorted(gains, key=lambda each: -gains[each][0])
    lines += [f"| {each[-1]} | {gains[each][0]:+.4f} | {gains[each][1]:.4f} |" for each in order]
    return lines
