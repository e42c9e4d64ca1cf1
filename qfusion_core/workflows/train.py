"""``train``: a data set in, a run folder out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.config.arguments import called
from qfusion_core.config.spec import RunSpec
from qfusion_core.plugin.registry import Registry
from qfusion_core.runs.claim import claimed
from qfusion_core.runs.folder import RunFolder
from qfusion_core.storage.places import expanded
from qfusion_core.workflows.job_options import JobOptions
from qfusion_core.workflows.result import Table, VerbResult
from qfusion_core.workflows.training_request import TrainingRequest

if TYPE_CHECKING:
    import torch

    from qfusion_core.data.split import Split
    from qfusion_core.interfaces.device import Device
    from qfusion_core.training.state import TrainingState

OnStart = Callable[[RunSpec, Path], None]
OnEpoch = Callable[["TrainingState"], None]


@dataclass(frozen=True)
class TrainResult(VerbResult):
    """A finished training.

    Attributes:
        folder: The run folder.
        metrics: What was measured: scores of the ``test`` part, once (None where there is none),
            the ``validation`` entry of the epoch that was kept, ``epochs``, ``rows``,
            ``parameters``, ``seconds``.
    """

    folder: RunFolder
    metrics: dict[str, Any]

    @property
    def run(self) -> Path:
        """Of the run folder: what the other verbs take."""
        return self.folder.path

    def to_dict(self) -> dict[str, Any]:
        """The run, and what was measured."""
        return {"run": str(self.run), **self.metrics}

    def shown(self) -> Iterator[Table | str]:
        """Scores of the test part; without one those of the validation part, which chose."""
        if self.metrics["test"] is not None:
            scores = (f"{value:.4f}" for value in self.metrics["test"].values())
            yield Table(("part", "macro F1", "weighted F1", "accuracy"), [("test", *scores)])
        else:
            chosen = self.metrics["validation"]
            scores = (f"{chosen[f'validation_{name}']:.4f}" for name in ("macro_f1", "accuracy"))
            yield Table(("part", "macro F1", "accuracy"), [("validation", *scores)])
            yield "no test part: the validation part chose the epoch, so its scores flatter"
        yield f"run folder: {self.run}"


def train(
    data: str | RunSpec,
    out: str | Path | None = None,
    *,
    preset: str | Path | None = None,
    classical: str | None = None,
    quantum: str | None = None,
    fusion: str | None = None,
    settings: str | Iterable[str] = (),
    seed: int | None = None,
    backend: str | Device | None = None,
    torch_device: str = "cpu",
    backends_file: str | Path | None = None,
    jobs: JobOptions | None = None,
    on_start: OnStart | None = None,
    on_epoch: OnEpoch | None = None,
) -> TrainResult:
    """Train a model, test it once, and keep it in a run folder.

    Args:
        data: A data set, as on the command line: ``wine``, ``covertype:train=20000,test=5000``,
            ``file:TABLE.csv``; or a whole specification, beside which preset, other components,
            settings and seed are refused.
        out: A new folder; ``runs/DATASET-PRESET-seedN`` if not given.
        preset: Name of a preset, or a YAML file of that shape; ``strong`` if not given.
        classical: Another classical encoder.
        quantum: Another quantum encoder; the controls are ``sham`` and ``none``.
        fusion: Another fusion.
        settings: ``key=value``, such as ``training.epochs=20``, or a list of them.
        seed: Of the split, the weights and the batches.
        backend: Where the circuit runs: a name in ``backends.yaml``, an open device, or None for
            the file's default.
        torch_device: Where the weights and an exact circuit are computed, as torch calls it:
            ``cpu``, ``cuda``, ``cuda:1``; ``auto`` takes an accelerator where there is one.
        backends_file: Instead of the file that is found.
        jobs: How to deal with a remote machine.
        on_start: Called with the specification and the folder before the training; None
            for nobody.
        on_epoch: Called after each epoch, once it is safe on disk; None for nobody.

    Raises:
        InputError: An unknown name, key or value; a folder that is not free; a row that cannot be
            used; a torch device that is not here; job options that have no meaning in a training.
    """
    parts = {"classical": classical, "quantum": quantum, "fusion": fusion}
    request = TrainingRequest.of(
        data, preset, parts, settings, seed, backend, torch_device, backends_file
    )
    tell_start, tell_epoch = called("on_start", on_start), called("on_epoch", on_epoch)
    jobs = JobOptions.of(jobs)
    jobs.require_waiting("a training")
    wished = None if out is None else expanded(out, "out")
    with claimed(wished, Path("runs") / request.name) as place:
        request.require_source()
        device, there = request.open(jobs.paying(place))
        spec, split = request.load()
        tell_start(spec, place)
        folder = _train(spec, place, split, device, request.registry, there, tell_epoch)
    return TrainResult(folder, folder.read_metrics())


def _train(
    spec: RunSpec,
    out: Path,
    split: Split,
    device: Device,
    registry: Registry,
    torch_device: torch.device,
    on_epoch: OnEpoch,
) -> RunFolder:
    from qfusion_core.workflows.training_run import fresh_model, train_to_the_end

    model = fresh_model(spec, split, device, registry, torch_device)
    folder = RunFolder.create(out, spec, split, {"torch_device": str(torch_device)})
    try:
        return train_to_the_end(folder, model, split, on_epoch)
    except Exception:
        folder.discard()  # nothing was learnt that could be gone on with
        raise
