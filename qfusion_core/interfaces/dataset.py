"""What brings the samples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from qfusion_core import options as base
from qfusion_core.data.schema import TableColumn
from qfusion_core.data.split import Split
from qfusion_core.interfaces.component import Component


class Dataset(Component, ABC):
    """Loads samples. The same options and seed give the same rows in the same parts."""

    name: ClassVar[str]

    @abstractmethod
    def __init__(self, options: base.Options) -> None:
        """Keep the options; nothing is read before `load`."""

    def require_source(self) -> None:
        """Refuse what is surely not there; nothing is read, nobody is asked, torch is not needed.

        Called before a backend is opened, `load` after it.
        """

    @abstractmethod
    def load(self, *, seed: int) -> Split:
        """Read, verify and split.

        Args:
            seed: Of the split; ignored by data sets with an official one, except for validation.
        """

    def load_again(
        self,
        *,
        seed: int,
        class_names: Sequence[str],
        allow_url: bool = False,
        columns: tuple[TableColumn, ...] = (),
    ) -> Split:
        """The split of a run that was trained before, perhaps by somebody else or long ago.

        Args:
            seed: Of the split.
            class_names: Classes of the run; a data set that reads them from a file keeps them.
            allow_url: Whether an address that the options name may be asked; the publisher's may.
            columns: What the run learned of a table, where its columns are not one number each; a
                data set that learns such keeps them.
        """
        return self.load(seed=seed)
