"""A training that can be continued: weights, optimizer, random state and counters in one file.

No pickle: tensors and JSON, in the safetensors format.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from qfusion_core.errors import InputError
from qfusion_core.storage.writing import write_atomically
from qfusion_core.training import Epoch, TrainingState, as_json


def save_training(path: Path, state: TrainingState) -> None:
    """Write the whole state after an epoch."""
    tensors = {f"model.{name}": tensor for name, tensor in state.model.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in state.best.items()}
    optimizer = state.optimizer.state_dict()
    for index, entries in optimizer["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in entries.items()}
    tensors["random"] = torch.get_rng_state()
    counters = {
        "history": [as_json(epoch) for epoch in state.history],
        "rates": [group["lr"] for group in optimizer["param_groups"]],
        "schedule": state.schedule.state_dict(),
    }
    write_tensors(path, tensors, counters)


def restore_training(path: Path, state: TrainingState) -> None:
    """Continue a fresh state where the file left off, torch's random numbers included.

    Raises:
        InputError: The file cannot be read, or is of another model.
    """
    tensors, counters = read_tensors(path)
    try:
        state.model.load_state_dict(_under("model", tensors))
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path}: does not fit config.yaml beside it ({reason}); restore the configuration, "
            "or train again in a new folder"
        ) from None
    state.best = _under("best", tensors)
    entries: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimizer", tensors).items():
        index, _, entry = name.partition(".")
        entries.setdefault(int(index), {})[entry] = value
    optimizer = state.optimizer.state_dict()
    for group, rate in zip(optimizer["param_groups"], counters["rates"], strict=True):
        group["lr"] = rate
    state.optimizer.load_state_dict({**optimizer, "state": entries})
    state.schedule.load_state_dict(counters["schedule"])
    state.history = [Epoch(**entry) for entry in counters["history"]]
    torch.set_rng_state(tensors["random"])


def write_tensors(path: Path, tensors: dict[str, Tensor], notes: dict[str, Any]) -> None:
    """Tensors and JSON in one file, written atomically."""
    # saved one by one: buffers may share storage, which the format refuses
    separate = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(separate, {"notes": json.dumps(notes)}))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `write_tensors` wrote.

    Raises:
        InputError: The file is missing, cut short or of another kind.
    """
    try:
        with safe_open(path, framework="pt") as file:
            notes = json.loads((file.metadata() or {})["notes"])
            return {name: file.get_tensor(name) for name in file.keys()}, notes
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: cut short or not written by qfusion ({reason}); train again, or copy the "
            "run folder again if it came from elsewhere"
        ) from None


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
