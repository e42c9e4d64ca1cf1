"""``train``: a data set in, a run folder out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.config.arguments import (
    called,
    refused,
    require_backend,
    require_text,
    texts,
)
from qfusion_core.config.presets import compose
from qfusion_core.config.spec import RunSpec
from qfusion_core.errors import InputError
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import shown_path
from qfusion_core.runs.claim import claimed
from qfusion_core.runs.folder import RunFolder, dataset_of
from qfusion_core.storage.places import expanded
from qfusion_core.workflows.job_options import JobOptions
from qfusion_core.workflows.limits import LARGEST_SEED, whole
from qfusion_core.workflows.noise_snapshot import with_figures
from qfusion_core.workflows.result import Table, VerbResult

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
        metrics: What was measured: scores of the ``test`` part, once, the ``validation`` entry of
            the epoch that was kept, ``epochs``, ``rows``, ``parameters``, ``seconds``.
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
        """Scores of the test part."""
        scores = (f"{value:.4f}" for value in self.metrics["test"].values())
        yield Table(("part", "macro F1", "weighted F1", "accuracy"), [("test", *scores)])
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
    _require_kinds(data, parts, backend)
    tell_start, tell_epoch = called("on_start", on_start), called("on_epoch", on_epoch)
    jobs = JobOptions.of(jobs)
    settings = texts("settings", settings, 'texts, such as ["training.epochs=20"]')
    seed = None if seed is None else whole("seed", seed, 0, LARGEST_SEED)
    jobs.require_waiting("a training")
    backends, registry = Backends.read(backends_file), Registry()
    backend = backends.default if backend is None else backend
    if isinstance(backend, str):
        backends.options(backend, registry)  # what is wrong with it is said before torch is there
    if isinstance(data, RunSpec):
        _refuse_beside(preset=preset, **parts, settings=settings or None, seed=seed)
        spec, name = data, f"{data.data.type}-seed{data.training.seed}"
    else:
        preset, seeds = preset or "strong", [] if seed is None else [f"training.seed={seed}"]
        spec = compose(
            str(preset),
            data,
            **parts,
            settings=[*settings, *seeds],
            registry=registry,
        )
        name = f"{spec.data.type}-{Path(preset).stem}-seed{spec.training.seed}"
    with claimed(None if out is None else expanded(out, "out"), Path("runs") / name) as place:
        dataset = dataset_of(spec.data, registry)
        dataset.require_source()
        # what opening lacks, such as a key, is said before data are read or downloaded
        if isinstance(backend, str):
            backend = open_named(backends, backend, registry, jobs.paying(place))

        from qfusion_core.model.torch_device import usable_torch_device

        there = usable_torch_device(torch_device)
        spec = with_figures(spec, backends, registry)
        split = dataset.load(seed=spec.training.seed)
        tell_start(spec, place)
        folder = _train(spec, place, split, backend, registry, there, tell_epoch)
    return TrainResult(folder, folder.read_metrics())


def _require_kinds(data: Any, parts: Mapping[str, Any], backend: Any) -> None:
    """What is no data set, no name of a component or no backend."""
    if not isinstance(data, str | RunSpec):
        file = f'; did you mean "file:{shown_path(data)}"?' if isinstance(data, Path) else ""
        expected = 'a data set as on the command line, such as "wine", or a RunSpec'
        raise InputError(f"{refused('data', data, expected)}{file}")
    for part, name in parts.items():
        require_text(part, name, "the name of a component, as `qfusion plugins` lists it, or None")
    require_backend(backend)


def _refuse_beside(**arguments: object) -> None:
    """What a whole specification says itself is not said a second time."""
    if names := [name for name, value in arguments.items() if value is not None]:
        raise InputError(
            f"{', '.join(names)}: not beside a RunSpec, which says it itself; change the "
            "specification (`spec.model_copy`), or give the name of a data set"
        )


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
