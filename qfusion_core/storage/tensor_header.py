"""What a safetensors file says before its tensors: types, shapes, notes. Imports no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any, NamedTuple

from qfusion_core.errors import damaged
from qfusion_core.storage.reading import DOCUMENT_LIMIT, open_regular

DAMAGED = "cut short or not written by qfusion"  # said of a file whose header cannot be read
AGAIN = "train again, or copy the run folder again if it came from elsewhere"


class TensorHeader(NamedTuple):
    """The header.

    Attributes:
        entries: Of each tensor by name: ``dtype``, ``shape``, ``data_offsets``.
        notes: JSON that was kept beside them.
        length: Bytes before the tensors.
    """

    entries: dict[str, Any]
    notes: dict[str, Any]
    length: int

    @classmethod
    def read(cls, file: IO[bytes]) -> TensorHeader:
        """From the beginning of a file.

        Raises:
            ValueError: It is none, or has no notes; or whatever else reading JSON raises.
        """
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= DOCUMENT_LIMIT:
            raise ValueError(f"a header of {length:,} bytes")
        entries = json.loads(file.read(length))
        notes = json.loads(entries.pop("__metadata__")["notes"])
        if not isinstance(notes, dict):
            raise ValueError("no notes")
        return cls(entries, notes, 8 + length)


def read_notes(path: Path) -> dict[str, Any]:
    """The notes alone; no tensor is read, and no link followed.

    Raises:
        InputError: The file is missing, a link, cut short or of another kind.
    """
    with open_regular(path, follow=False) as file, damaged(path, DAMAGED, AGAIN):
        return TensorHeader.read(file).notes
