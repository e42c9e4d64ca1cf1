"""What a surrogate of a noisy backend is good for: `refit --encoding`, beside what else helps.

    python examples/benchmarks/surrogate_refit.py --backend ibm-noisy --data wine --seeds 10-19

For each seed the `hardware` preset is trained on the exact default backend, then tested on the
noisy one: raw, calibrated, refit (fusion and head, on measured rows), refit on the surrogate, and
`--encoding` (angles of features, classical encoder, fusion and head, on the surrogate). All arms
see the same rows, and are tested by measuring the test part. `encoding on exact` trains the same
on the exact backend: what the longer training does by itself. Backends on this machine only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from noise_study import Given, tested
from paired_study import Study, means_and_differences, parser, run, tables

from qfusion_core import Registry, distil
from qfusion_core.backends.exact import open_exact
from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.calibration.device import CalibratedDevice
from qfusion_core.calibration.measure import measure_calibration
from qfusion_core.config.presets import compose
from qfusion_core.evaluation.row_selection import choose_rows
from qfusion_core.runs.loading import load_model
from qfusion_core.workflows.refit_training import (
    measure_rows,
    refit_rows,
    train_again,
    train_encoding,
)
from qfusion_core.workflows.train import train

ARMS = (
    "exact",
    "raw",
    "calibrated",
    "refit",
    "refit on surrogate",
    "encoding",
    "encoding on exact",
)
PAIRS = (
    ("encoding", "refit"), ("encoding", "calibrated"), ("encoding", "raw"),
    ("encoding", "encoding on exact"),
    ("refit on surrogate", "refit"), ("refit", "raw"),
)  # fmt: skip


def one_seed(options: argparse.Namespace, seed: int, backends: Backends) -> dict[str, Any]:
    """Macro F1 of each arm on the test rows, measured on the backend."""
    registry, name = Registry(), options.backend
    _, exact = open_exact(backends, registry, None, besides=name)
    noisy = open_named(backends, name, registry)
    settings = [*options.settings, f"training.seed={seed}"]
    with tempfile.TemporaryDirectory() as scratch:
        spec = compose(options.preset, options.data, settings=settings, registry=registry)
        file = backends.source.path
        run = train(spec, Path(scratch) / "run", backend=exact, backends_file=file).folder
        split = run.load_split(registry)
        kept = distil(run.path, name, seed=seed, backends_file=file)
        surrogate = open_named(
            backends.with_made(
                "surrogate", {kept.backend: lambda: {"run": str(run.path), "of": name}}
            ),
            kept.backend,
            registry,
        )
        model, result = load_model(run, registry), dict[str, Any]()
        rows = choose_rows(split.train, options.samples, seed, "training part")
        about = {"backend": name, "options": "", "seed": seed, "reference": backends.default}
        calibration = measure_calibration(model, rows, noisy, exact, about)
        _, result["exact"] = tested(model, exact, split.test)
        values, result["raw"] = tested(model, noisy, split.test)
        _, result["calibrated"] = tested(
            model, CalibratedDevice(Given(values), calibration), split.test
        )
        parts = refit_rows(split, None, seed)
        how: dict[str, Any] = {
            "split": split,
            "options": run.config.spec.training,
            "about": {"backend": name, "run": "run", "rows": "all"},
        }
        for arm, device in (("refit", noisy), ("refit on surrogate", surrogate)):
            model = load_model(run, registry)
            measured = measure_rows(model, parts, device, name)
            made = train_again(run, model, parts, measured, Path(scratch) / arm, **how)
            _, result[arm] = tested(load_model(made, registry), noisy, split.test)
        for arm, device in (("encoding", surrogate), ("encoding on exact", exact)):
            model = load_model(run, registry)
            made = train_encoding(run, model, parts, device, Path(scratch) / arm, **how)
            _, result[arm] = tested(load_model(made, registry), noisy, split.test)
        check = kept.card.check
    return {
        "seed": seed, "rows": [len(split.train) + len(split.validation), len(split.test)],
        "measured": {"refit": sum(map(len, parts)), "surrogate": kept.card.rows + check.rows + 4},
        "p": check.p, **result,
    }  # fmt: skip


def summary(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means of all arms and paired differences."""
    return means_and_differences(results, ARMS, PAIRS)


def as_markdown(document: dict[str, Any]) -> str:
    """The summary as two tables."""
    measured = document["results"][0]["measured"]
    return tables(
        document,
        f"Macro F1 on test rows that the backend measured. Refit measured {measured['refit']} rows "
        f"before, the surrogate {measured['surrogate']}, whatever the data.",
    )


def main(words: Iterable[str] | None = None) -> int:
    """Run all seeds, then write ``refit-DATASET.json`` and ``refit-DATASET.md``."""
    made = parser(
        __doc__,
        "examples/benchmarks/results/surrogate",
        default="ibm-noisy",
        help="a noisy one (default: %(default)s)",
    )
    study = Study(ARMS, one_seed, summary, as_markdown, lambda options: f"refit-{options.data}")
    return run(study, made, words)


if __name__ == "__main__":
    sys.exit(main())
