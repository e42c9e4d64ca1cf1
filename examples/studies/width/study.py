"""How width and noise trade off: qubits 4 to 100, one to three layers, exact and on machines.

    python examples/studies/width train --jobs 2
    python examples/studies/width machines --jobs 2
    python examples/studies/width plateaus
    python examples/studies/width report

Each result is a line in `results/`; what is there is not run again, so that a study can be stopped
and continued at any time. Everything runs on this machine. `tune` is how preset `wide` was chosen:
on validation scores, before the study.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from qfusion_core import QfusionError
from qfusion_core.provenance import provenance
from width import rows, tune
from width.cells import CIRCUIT, DATA, SEEDS, Cell, key, trained
from width.garnet import save_garnet
from width.measured import machine_cell, train_cell
from width.parallel import Job, run_all
from width.plateaus import plateaus
from width.report import write_report

HERE = Path(__file__).parent
MACHINES = {"fez": 100, "garnet": 16}  # up to so many qubits
SEEDS_ON_MACHINES = SEEDS[:2]


def training_jobs(options: argparse.Namespace) -> list[Job]:
    """Trainings that have no row yet."""
    done = {key(row) for row in rows.read(options.out / "trained.jsonl")}
    return [
        (cell.title, partial(train_cell, cell, options.runs))
        for cell in trained(options.data)
        if cell not in done
    ]


def machine_jobs(options: argparse.Namespace) -> list[Job]:
    """Trained circuits that a machine has not run yet: all of a seed, the quick ones first."""
    done = {(key(row), row["machine"]) for row in rows.read(options.out / "machines.jsonl")}
    cells = [
        (cell, machine)
        for cell in trained(options.data)
        if cell.arm == CIRCUIT and cell.seed in SEEDS_ON_MACHINES
        for machine, most in MACHINES.items()
        if (cell.qubits or 0) <= most and (cell, machine) not in done
    ]
    cells.sort(key=lambda pair: (pair[0].seed, work(*pair)))
    folder = options.runs / "machines"
    folder.mkdir(parents=True, exist_ok=True)
    document, file = folder / "garnet.json", folder / "backends.yaml"
    save_garnet(document)
    file.write_text((HERE / "backends.yaml").read_text().replace("garnet.json", str(document)))
    return [
        (f"{cell.title} on {machine}", partial(machine_cell, cell, machine, file, options.runs))
        for cell, machine in cells
    ]


def work(cell: Cell, machine: str) -> int:
    """About proportional to its time: density matrices of all cones; Braket's are slower."""
    assert cell.qubits and cell.layers
    return int(cell.qubits * 3**cell.layers * (4 if machine == "garnet" else 1))


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("part", choices=("tune", "train", "machines", "plateaus", "report"))
    add("--data", action="append", choices=[*DATA], help="repeatable (default: all)")
    add("--jobs", type=int, default=1, metavar="N", help="worker processes (default: 1)")
    add("--runs", type=Path, default=Path("runs/width"), help="trained runs (default: %(default)s)")
    add("--out", type=Path, default=HERE / "results", metavar="FOLDER", help="of the results")
    return made


def main(words: Iterable[str] | None = None) -> int:
    """Run a part of the study; the exit code."""
    options = parser().parse_args(None if words is None else list(words))
    options.data = options.data or [*DATA]
    options.runs = options.runs.absolute()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        if options.part != "report":
            rows.append(options.out / "provenance.jsonl", {"part": options.part, **provenance()})
        if options.part == "tune":
            tune.tune(options.out, options.jobs)
        elif options.part == "train":
            jobs = training_jobs(options)
            run_all(jobs, options.out / "trained.jsonl", options.jobs, "macro_f1")
        elif options.part == "machines":
            jobs = machine_jobs(options)
            run_all(jobs, options.out / "machines.jsonl", options.jobs, "macro_f1")
        elif options.part == "plateaus":
            rows.replace(options.out / "plateaus.jsonl", plateaus())
        else:
            write_report(options.out)
    except QfusionError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    return 0
