"""What a module is given, refused in words: torch itself names the matrices that do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from qfusion_core.errors import InputError

_SHORT = (torch.float16, torch.bfloat16)


def require_tensor(name: str, value: Any) -> None:
    """Refuse what is no tensor.

    Raises:
        InputError: Names its type.
    """
    if not isinstance(value, Tensor):
        raise InputError(
            f"{name}: expected a torch tensor, got {type(value).__name__}; for an array, "
            "torch.from_numpy(x)"
        )


def require_features(x: Any, width: int) -> None:
    """Refuse what is no tensor ``[batch, width]``.

    Raises:
        InputError: Names its type or shape.
    """
    require_tensor("features", x)
    if x.ndim != 2 or x.shape[1] != width:
        raise InputError(f"features: expected shape [batch, {width}], got {list(x.shape)}")


def require_numbers(name: str, raw: Tensor) -> None:
    """Refuse rows ``[rows, ...]`` of complex numbers, or with some that are NaN or infinite.

    Raises:
        InputError: Names the first such row, counted from 0 as torch does.
    """
    if raw.is_complex():
        raise InputError(f"{name}: expected real numbers, got {raw.dtype}; take x.real, or x.abs()")
    if torch.compiler.is_compiling() or bool((finite := torch.isfinite(raw)).all()):
        return
    bad = (~finite).flatten(1).any(1)
    raise InputError(
        f"{name}: {int(bad.sum())} of {len(raw)} rows hold NaN or infinity, the first is row "
        f"{int(bad.long().argmax())} (from 0); correct or remove them"
    )


def require_input(name: str, value: Any, shape: Sequence[int], weights: object) -> None:
    """Refuse an input that the layers behind it would fail at.

    Args:
        name: What errors call it.
        value: ``[rows, *shape]``, in the dtype of the weights, or any under autocast.
        shape: Of one row.
        weights: What it meets; no tensor where there are none to compare with.

    Raises:
        InputError: No tensor; another shape, dtype or torch device.
    """
    require_tensor(name, value)
    if list(value.shape[1:]) != list(shape) or not value.ndim:
        wanted = ", ".join(map(str, ("rows", *shape)))
        raise InputError(
            f"{name}: expected shape [{wanted}], got {list(value.shape)}; model.preprocess makes "
            "both inputs of raw rows"
        )
    if not isinstance(weights, Tensor):
        return
    if value.device != weights.device:
        raise InputError(
            f"{name}: is on {value.device}, the weights on {weights.device}; move one of them, "
            "x.to(device) or model.to(device)"
        )
    floats = value.is_floating_point() and weights.is_floating_point()
    if value.dtype != weights.dtype and not (
        floats and torch.is_autocast_enabled(value.device.type)
    ):
        raise InputError(
            f"{name}: expected {weights.dtype}, as the weights are, got {value.dtype}; cast one of "
            "them, or make inputs by model.preprocess once the model is cast"
        )


def require_fitting(values: Tensor, kept: torch.dtype) -> None:
    """Refuse values that averages of this dtype cannot be taken off; short ones can.

    Raises:
        InputError: Names both.
    """
    if values.dtype != kept and not (kept == torch.float32 and values.dtype in _SHORT):
        raise InputError(
            f"features: expected {kept}, as the module is, got {values.dtype}; cast one of them, "
            "x.to(dtype) or module.to(dtype)"
        )
