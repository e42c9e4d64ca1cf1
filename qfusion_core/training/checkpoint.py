"""A training that can be continued: weights, optimizer, random state and counters in one file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from qfusion_core.errors import InputError, damaged
from qfusion_core.printable import one_line, shown_path
from qfusion_core.storage.tensors import Notes, Promised, read_tensors, write_tensors
from qfusion_core.training.state import Epoch, TrainingState, as_json

_ADVICE = "restore the configuration, or train again in a new folder"
_MOST_RANDOM = 2**16  # bytes of a generator's state
_MOMENTS = frozenset({"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"})  # of AdamW


def save_training(path: Path, state: TrainingState) -> None:
    """Write the whole state after an epoch.

    Raises:
        OSError: The disk is full, for one.
    """
    tensors = {f"model.{name}": tensor for name, tensor in state.model.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in state.best.items()}
    optimizer = state.optimizer.state_dict()
    for index, entries in optimizer["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in entries.items()}
    tensors |= {"random": torch.get_rng_state(), **_random_there(state)}
    counters = {
        "history": [as_json(epoch) for epoch in state.history],
        "rates": [group["lr"] for group in optimizer["param_groups"]],
        "schedule": state.schedule.state_dict(),
        "torch_device": str(state.model.torch_device),
    }
    write_tensors(path, tensors, counters)


def restore_training(path: Path, state: TrainingState) -> None:
    """Continue a fresh state where the file left off, torch's random numbers included.

    Raises:
        InputError: The file cannot be read, or is of another model.
    """

    def check(promised: Promised, _: Notes) -> None:
        with damaged(path, "does not fit config.yaml beside it", _ADVICE):
            _require_shapes(state, promised)

    tensors, counters = read_tensors(path, check)
    for part in ("model", "best"):
        try:
            state.model.load_state_dict(_under(part, tensors))
        except RuntimeError as error:
            raise InputError(
                f"{shown_path(path)}: does not fit config.yaml beside it ({one_line(error, 80)}); "
                "restore the configuration, or train again in a new folder"
            ) from None
    with damaged(path, advice="train again in a new folder"):
        state.history = [_epoch(number, entry) for number, entry in enumerate(counters["history"])]
        _restore_optimizer(state, tensors, counters)
        torch.set_rng_state(tensors["random"])
        _restore_random_there(state, tensors)
    state.best = _under("best", tensors)
    state.model.load_state_dict(_under("model", tensors))


def _require_shapes(state: TrainingState, promised: Promised) -> None:
    """Compare what the file holds with what a fresh state has, before memory is taken for it.

    Raises:
        ValueError: A tensor is of another shape, or none that a checkpoint has.
    """
    model = state.model.state_dict()
    parameters = [p for group in state.optimizer.param_groups for p in group["params"]]
    expected = {
        f"{part}.{name}": tensor.shape
        for part in ("model", "best")
        for name, tensor in model.items()
    }
    expected["random"] = torch.get_rng_state().shape
    expected |= {
        f"optimizer.{index}.{entry}": torch.Size() if entry == "step" else parameter.shape
        for index, parameter in enumerate(parameters)
        for entry in _MOMENTS
    }
    there = [name for name in promised if name.startswith("random.")]
    if len(there) == 1:  # of an accelerator, which this machine need not have
        (name,), random = there, promised[there[0]]
        if random.dtype == torch.uint8 and random.numel() <= _MOST_RANDOM:
            expected[name] = random.shape
    for name, tensor in promised.items():
        wanted = list(expected[name]) if name in expected else "none of that name"
        if wanted != list(tensor.shape):
            raise ValueError(f"{one_line(name, 40)}: expected {wanted}, got {list(tensor.shape)}")


def _random_there(state: TrainingState) -> dict[str, Tensor]:
    """Random numbers of the accelerator that the model is on, from which it draws its dropout."""
    device = state.model.torch_device
    if device.type == "cpu":
        return {}
    return {f"random.{device.type}": torch.get_device_module(device).get_rng_state(device)}


def _restore_random_there(state: TrainingState, tensors: dict[str, Tensor]) -> None:
    """Those of the file; fresh ones where the training began on a device of another kind."""
    device = state.model.torch_device
    if (random := tensors.get(f"random.{device.type}")) is not None:
        torch.get_device_module(device).set_rng_state(random, device)


def _restore_optimizer(
    state: TrainingState, tensors: dict[str, Tensor], counters: dict[str, Any]
) -> None:
    """Moments, rates and schedule; whatever is not as a fresh state has it is an error."""
    parameters = [p for group in state.optimizer.param_groups for p in group["params"]]
    entries: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimizer", tensors).items():
        index, _, entry = name.partition(".")
        if value.ndim and value.shape != parameters[int(index)].shape:
            raise ValueError(f"optimizer.{name} has another shape than its parameter")
        entries.setdefault(int(index), {})[entry] = value
    optimizer, fresh_schedule = state.optimizer.state_dict(), state.schedule.state_dict()
    for group, rate in zip(optimizer["param_groups"], counters["rates"], strict=True):
        group["lr"] = _finite(rate)
    state.optimizer.load_state_dict({**optimizer, "state": entries})
    schedule = counters["schedule"]
    if _kinds(schedule) != _kinds(fresh_schedule):
        raise ValueError("a schedule of another kind")
    state.schedule.load_state_dict(schedule)


def _kinds(value: Any) -> Any:
    """What a value is made of, down to the types of its entries."""
    if isinstance(value, dict):
        return {key: _kinds(entry) for key, entry in value.items()}
    return [_kinds(entry) for entry in value] if isinstance(value, list) else type(value)


def _epoch(before: int, entry: dict[str, Any]) -> Epoch:
    if entry["epoch"] != before + 1:
        raise ValueError(f"epoch {before + 1} is missing")
    numbers: dict[str, Any] = {key: _finite(value) for key, value in entry.items()}
    return Epoch(**numbers)


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"expected a finite number, got {value!r}")
    return value


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
