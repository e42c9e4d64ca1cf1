"""The arms of a comparison, planned and run.

An arm is the hybrid model (named as its preset), the same model with another quantum encoder or
control (``sham``, ``none``, ...), or ``lightgbm``.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lightgbm_reference import PARAMETERS, lightgbm_scores, require_lightgbm
from results import LIGHTGBM, Cell, Result, sha256

from qfusion_core import InputError, Registry
from qfusion_core.config.presets import compose
from qfusion_core.config.spec import RunSpec
from qfusion_core.provenance import provenance
from qfusion_core.runs.folder import digest as rows_digest
from qfusion_core.runs.folder import load_split
from qfusion_core.runs.loading import load_model
from qfusion_core.storage.writing import write_atomically
from qfusion_core.workflows.train import train


@dataclass(frozen=True)
class Task:
    """A cell and what is needed to run it."""

    cell: Cell
    spec: RunSpec
    lightgbm_threads: int


# options that came after the first rows were kept: as they are here, a row is what it was
ADDED = {
    "quantum": {"repeat": "none", "entangling_gate": "cnot"},
    "fusion": {"token_place": "learned"},
}


def plan(
    data: str,
    arms: Sequence[str],
    seeds: Sequence[int],
    *,
    preset: str,
    classical: str | None,
    settings: Sequence[str],
    lightgbm_threads: int,
    registry: Registry,
) -> list[Task]:
    """All cells of a data set, arm by arm.

    Raises:
        InputError: An unknown data set, arm, preset or setting.
    """
    if any(setting.startswith("training.seed") for setting in settings):
        raise InputError("--set training.seed: the seeds are those of --seeds")
    hybrid_arm = Path(preset).stem
    hybrid = compose(preset, data, classical=classical, settings=settings, registry=registry)
    whole = hybrid.model_dump(mode="json")
    del whole["training"]["seed"]
    # a part that a later version adds, and nobody uses, makes no other setting of it
    used = {part: value for part, value in whole.items() if value is not None}
    for part, added in ADDED.items():
        options = used[part]["options"].items()
        kept = {name: value for name, value in options if (name, value) not in added.items()}
        used[part] = {**used[part], "options": kept}
    shared = sha256({"preset": hybrid_arm, "spec": used})
    tasks = []
    for arm in arms:
        spec, same = hybrid, shared
        encoder: str | None = hybrid.classical.type
        if arm == LIGHTGBM:
            require_lightgbm()
            encoder, same = None, sha256({"data": whole["data"], LIGHTGBM: PARAMETERS})
        elif arm != hybrid_arm:
            try:
                spec = compose(
                    preset,
                    data,
                    classical=classical,
                    quantum=arm,
                    settings=[s for s in settings if _applies(s, arm, registry)],
                    registry=registry,
                )
            except InputError as error:
                raise InputError(f"arm {arm!r}: {error}; the hybrid is {hybrid_arm!r}") from None
        for seed in seeds:
            cell = Cell(
                data=data, classical=encoder, arm=arm, seed=seed, preset=hybrid_arm, settings=same
            )
            training = spec.training.model_copy(update={"seed": seed})
            seeded = spec.model_copy(update={"training": training})
            tasks.append(Task(cell, seeded, lightgbm_threads))
    return tasks


def run(task: Task, out: Path, scratch: Path, keep: bool) -> Result:
    """Run a cell and write its file.

    Args:
        task: The cell.
        out: The results' folder.
        scratch: A folder that is emptied afterwards.
        keep: Keep the trained run folder, in ``runs/`` beside the file.
    """
    registry = Registry()
    file = out / task.cell.folder / task.cell.file
    file.parent.mkdir(parents=True, exist_ok=True)
    if task.cell.arm == LIGHTGBM:
        result = _lightgbm(task, registry)
    else:
        folder = scratch / task.cell.folder / file.stem
        result = _train(task, folder, registry)
        kept = file.parent / "runs" / file.stem
        shutil.rmtree(kept, ignore_errors=True)
        if keep:
            kept.parent.mkdir(exist_ok=True)
            shutil.move(folder, kept)
        shutil.rmtree(folder, ignore_errors=True)
    write_atomically(file, result.model_dump_json(indent=2) + "\n")
    return result


def _applies(setting: str, arm: str, registry: Registry) -> bool:
    """A control takes those options of the hybrid's quantum encoder that it knows."""
    place = setting.partition("=")[0].strip().split(".")
    if place[0] != "quantum":
        return True
    known = () if arm == "none" else registry.get("quantum_encoder", arm).Options.model_fields
    return len(place) > 2 and place[1] == "options" and place[2] in known


def _lightgbm(task: Task, registry: Registry) -> Result:
    import lightgbm

    spec = {"data": task.spec.data.model_dump(mode="json"), LIGHTGBM: PARAMETERS}
    split = load_split(task.spec.data, task.cell.seed, registry)
    began = time.perf_counter()
    test = lightgbm_scores(split, seed=task.cell.seed, threads=task.lightgbm_threads)
    return Result(
        cell=task.cell,
        test=test._asdict(),
        seconds=round(time.perf_counter() - began, 2),
        rows=(len(split.train), len(split.validation), len(split.test)),
        data_digest=rows_digest(split),
        spec_digest=sha256(spec),
        spec=spec,
        provenance=provenance()
        | {LIGHTGBM: lightgbm.__version__, "lightgbm_threads": task.lightgbm_threads},
    )


def _train(task: Task, folder: Path, registry: Registry) -> Result:
    trained = train(task.spec, folder).folder
    gates = getattr(load_model(trained, registry).fusion, "gate_values", None)
    spec = task.spec.model_dump(mode="json")
    metrics = trained.read_metrics()
    return Result(
        cell=task.cell,
        gates=None if gates is None else tuple(gates.tolist()),
        data_digest=trained.config.data_digest,
        spec_digest=sha256(spec),
        spec=spec,
        **{name: metrics[name] for name in metrics.keys() & Result.model_fields},
    )
