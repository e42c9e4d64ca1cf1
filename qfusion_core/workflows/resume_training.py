"""A training that was cut off, continued."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.config.arguments import called, require_backend, require_switches
from qfusion_core.config.torch_name import require_torch_name
from qfusion_core.errors import InputError
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import shown_path
from qfusion_core.runs.folder import RunFolder
from qfusion_core.storage.tensor_header import read_notes
from qfusion_core.workflows.job_options import JobOptions
from qfusion_core.workflows.train import OnEpoch, OnStart, TrainResult

if TYPE_CHECKING:
    import torch

    from qfusion_core.interfaces.device import Device


def resume_training(
    run: str | Path,
    *,
    backend: str | Device | None = None,
    torch_device: str | None = None,
    backends_file: str | Path | None = None,
    allow_url: bool = False,
    jobs: JobOptions | None = None,
    on_start: OnStart | None = None,
    on_epoch: OnEpoch | None = None,
) -> TrainResult:
    """Continue a training that was cut off, to the result of one that was not.

    Args:
        run: Its folder.
        backend: As of `train`; likewise what is not said here.
        torch_device: As of `train`; None for that of its last epoch. On another one it goes on
            from the same weights, and to other digits.
        backends_file: Instead of the file that is found.
        allow_url: Whether an address that only the folder names may be asked for the data.
        jobs: How to deal with a remote machine.
        on_start: Called before the training; None for nobody.
        on_epoch: Called after each epoch; None for nobody.

    Raises:
        InputError: The training has finished, another process is at it, or the data has changed;
            job options that have no meaning in a training.
    """
    require_switches(allow_url=allow_url)
    require_backend(backend)
    if torch_device is not None:
        require_torch_name(torch_device)
    tell_start, tell_epoch = called("on_start", on_start), called("on_epoch", on_epoch)
    jobs = JobOptions.of(jobs)
    jobs.require_waiting("a training")
    backends, registry = Backends.read(backends_file), Registry()
    backend = backends.default if backend is None else backend
    if isinstance(backend, str):
        backends.options(backend, registry)  # what is wrong with it is said before torch is there
    folder = RunFolder.open(run, registry)
    if isinstance(backend, str):
        backend = open_named(backends, backend, registry, jobs.paying(folder.path))
    if os.path.lexists(folder.model):
        where = shown_path(folder.path)
        raise InputError(f"{where}: the training has finished; nothing to resume")
    there = _where(folder, torch_device)
    tell_start(folder.config.spec, folder.path)

    from qfusion_core.workflows.training_run import fresh_model, train_to_the_end

    split = folder.load_split(registry, allow_url=allow_url)
    model = fresh_model(folder.config.spec, split, backend, registry, there)
    train_to_the_end(folder, model, split, tell_epoch)
    return TrainResult(folder, folder.read_metrics())


def _where(folder: RunFolder, torch_device: str | None) -> torch.device:
    from qfusion_core.model.torch_device import usable_torch_device

    if torch_device is not None:
        return usable_torch_device(torch_device)
    name, file = folder.config.provenance.get("torch_device", "cpu"), folder.path / "config.yaml"
    if os.path.lexists(folder.training):  # it may have gone on elsewhere than where it began
        name, file = read_notes(folder.training).get("torch_device", name), folder.training
    try:
        return usable_torch_device(name)
    except InputError as error:
        raise InputError(
            f"{shown_path(file)}: the training ran on another machine ({error}); go on here with "
            "--device cpu"
        ) from None
