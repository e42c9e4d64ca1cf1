"""Tensors and JSON in one file, in the safetensors format: no pickle.

A header tells names and shapes before any memory is taken for what they promise.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from qfusion_core.errors import InputError, damaged
from qfusion_core.printable import one_line, shown_path
from qfusion_core.storage.reading import open_regular
from qfusion_core.storage.tensor_header import AGAIN, DAMAGED, TensorHeader
from qfusion_core.storage.writing import write_atomically

Promised = Mapping[str, Tensor]  # of the device "meta": they take no memory
Notes = Mapping[str, Any]

_TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip


def write_tensors(path: Path, tensors: dict[str, Tensor], notes: dict[str, Any]) -> None:
    """Tensors and JSON in one file, written atomically.

    Raises:
        OSError: The disk is full, for one.
    """
    # saved one by one: buffers may share storage, which the format refuses
    separate = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(separate, {"notes": json.dumps(notes)}))


def read_tensors(
    path: Path,
    check: Callable[[Promised, Notes], None] = lambda promised, notes: None,
    advice: str = AGAIN,
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `write_tensors` wrote.

    Args:
        path: Of the file; no link is followed.
        check: Called with what the header tells of types and shapes, and with the notes, before the
            tensors are read; raises to refuse them.
        advice: What to do where it is damaged, a clause.

    Raises:
        InputError: The file is missing, a link, cut short or of another kind, or holds numbers
            that are not finite.
    """
    with open_regular(path, follow=False) as file:
        with damaged(path, DAMAGED, advice):
            header = TensorHeader.read(file)
            promised, size = _promised(header, file)
        check(promised, header.notes)
        with damaged(path, DAMAGED, advice):
            _require_full(promised, size - header.length)
            file.seek(0)
            tensors = load(file.read(size))
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise InputError(
                f"{shown_path(path)}: tensor {one_line(repr(name), 60)} holds values that are not "
                f"finite; {advice}"
            )
    return tensors, header.notes


def _promised(header: TensorHeader, file: IO[bytes]) -> tuple[Promised, int]:
    """What is promised, and the size of a file that keeps the promise."""
    entries = header.entries
    promised = {
        name: torch.empty(entry["shape"], dtype=_TYPES[entry["dtype"]], device="meta")
        for name, entry in entries.items()
    }
    # a file can be made as long as one likes and take no disk: not read before it is compared
    size = header.length + max((entry["data_offsets"][1] for entry in entries.values()), default=0)
    found = os.fstat(file.fileno()).st_size
    if found != size:
        raise ValueError(f"{found:,} bytes, {size:,} by its header")
    return promised, size


def _require_full(promised: Promised, bodies: int) -> None:
    """Refuse room that no tensor fills: shapes were checked, the places of tensors were not."""
    filled = sum(tensor.numel() * tensor.element_size() for tensor in promised.values())
    if filled != bodies:
        raise ValueError(f"{bodies:,} bytes for tensors that have {filled:,}")
