"""What the published data sets have in common: where their arrays come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from qfusion_core import Dataset, Split, TableColumn
from qfusion_datasets.obtain import Arrays, obtain
from qfusion_datasets.options import DownloadOptions
from qfusion_datasets.sources import Source


class Published(Dataset, ABC):
    """A data set that its publisher offers for download.

    Attributes:
        source: The publisher's files.
    """

    Options: ClassVar[type[DownloadOptions]] = DownloadOptions
    source: ClassVar[Source]
    options: DownloadOptions

    @classmethod
    def example(cls) -> DownloadOptions:
        """The extract, which comes with this plugin."""
        return cls.Options(extract=True)

    def __init__(self, options: DownloadOptions) -> None:
        self.options = options

    @staticmethod
    @abstractmethod
    def parse(folder: Path) -> Arrays:
        """The arrays, out of a folder that holds the publisher's files in any packing."""

    @abstractmethod
    def split(self, seed: int, arrays: Arrays) -> Split:
        """The parts, out of the arrays."""

    def load(self, *, seed: int) -> Split:
        """See `obtain` for where it is read from."""
        return self.split(seed, obtain(self.source, self.options, self.parse))

    def load_again(
        self,
        *,
        seed: int,
        class_names: Sequence[str],
        allow_url: bool = False,
        columns: tuple[TableColumn, ...] = (),
    ) -> Split:
        """As `load`; an address in the options is asked only if it is allowed."""
        arrays = obtain(self.source, self.options, self.parse, own=False, allow_url=allow_url)
        return self.split(seed, arrays)
