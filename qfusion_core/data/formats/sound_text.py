"""The bytes of a CSV or TSV, looked at as they are read: text, in lines that memory can hold.

Readers take memory for a whole line before they find out that it is none: 50 GB of NUL bytes, as
an interrupted copy or `truncate` leaves them, are one line to them.
"""

from __future__ import annotations

import codecs
import io
from typing import IO

from qfusion_core.errors import InputError

LONGEST_LINE = 4_000_000  # bytes: the most columns that a table may have, 40 each
MOST_HELD = 1_000_000_000  # bytes of rows that are not handed over yet
_BLOCK = 1 << 20  # less than a line, so that no line that is too long hides inside of one
# refused by who decodes, whose words say that UTF-8 is expected
_OTHER_TEXT = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


class SoundText(io.BufferedIOBase):
    """A binary file that refuses to be read on where it is no table.

    Attributes:
        name: Of the file, in errors.
    """

    def __init__(self, file: IO[bytes], where: str) -> None:
        """Read ``file`` from its beginning; ``where`` names it."""
        self._file, self.name = file, where
        self.seek(0)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is: to its beginning."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """To the beginning: how long the line is would be unknown anywhere else."""
        if (offset, whence) != (0, 0):
            raise io.UnsupportedOperation("only to the beginning")
        self._at = self._line = 0  # bytes before the next block; of them in a line not ended
        self._encoded_otherwise = False
        self.hand_over()
        return self._file.seek(0)

    def hand_over(self, rows: int = 0) -> None:
        """Take what was read until now for rows that are kept; at most so many are read next."""
        self._from, self._lines, self._rows = self._at, 0, rows

    def tell(self) -> int:
        """How many bytes have been read."""
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """So many bytes; all for -1."""
        parts = []
        remaining = size if size is not None and size >= 0 else None
        while block := self.read1(_BLOCK if remaining is None else remaining):
            parts.append(block)
            remaining = None if remaining is None else remaining - len(block)
        return b"".join(parts)

    def read1(self, size: int = -1, /) -> bytes:
        """At most so many bytes, and no more than a block.

        Raises:
            InputError: There is a NUL byte among them, or a line or a row takes too much of them.
        """
        block = self._file.read(_BLOCK if size < 0 else min(size, _BLOCK))
        if not self._at:
            self._encoded_otherwise = block.startswith(_OTHER_TEXT)
        if not self._encoded_otherwise:
            self._check(block)
        self._at += len(block)
        return block

    def _check(self, block: bytes) -> None:
        nul = block.find(0)
        if nul >= 0:
            raise InputError(
                f"{self.name}: byte {self._at + nul + 1:,} is NUL, expected text: cut short "
                "while it was written, or of another kind; copy or export it again"
            )
        # an end in the block is enough: between two of them there is less than a block
        end = b"\n" if b"\n" in block else b"\r"
        first = block.find(end)
        if self._line + (first if first >= 0 else len(block)) > LONGEST_LINE:
            raise InputError(
                f"{self.name}: the line that begins at byte {self._at - self._line + 1:,} has "
                f"more than {LONGEST_LINE:,} bytes, expected at most so many: is it a table? Keep "
                "fewer columns, or save it as .parquet or .npz"
            )
        self._lines += block.count(end)
        length = self._at + len(block) - self._from
        # an open quotation mark makes one cell of all lines below it
        if length > MOST_HELD and self._lines > 2 * self._rows > 0:
            raise InputError(
                f"{self.name}: {self._lines:,} lines from about byte {self._from + 1:,} on are "
                f"fewer than {self._rows:,} rows: a quotation mark is open; close it, or leave "
                "texts of many lines out of the file"
            )
        self._line = len(block) - block.rfind(end) - 1 if first >= 0 else self._line + len(block)
