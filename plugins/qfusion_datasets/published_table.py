"""What published tables have in common: no official parts, so that they are split here."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

import numpy as np

from qfusion_core import Part, Split
from qfusion_datasets.obtain import Arrays
from qfusion_datasets.options import PublishedTableOptions
from qfusion_datasets.published import Published


class PublishedTable(Published, ABC):
    """A table of numbers, of features ``[rows, features]`` and class indices ``[rows]``.

    Attributes:
        feature_names: Of the columns.
        class_names: In the order of the class indices.
    """

    Options = PublishedTableOptions
    options: PublishedTableOptions
    feature_names: ClassVar[tuple[str, ...]]
    class_names: ClassVar[tuple[str, ...]]

    @classmethod
    def example(cls) -> PublishedTableOptions:
        """The extract of 210 rows."""
        return PublishedTableOptions(extract=True)

    def split(self, seed: int, arrays: Arrays) -> Split:
        """See `TableOptions`."""
        x, y = arrays
        train, validation, test = self.options.split(
            Part(x.astype(np.float32), y.astype(np.int64)), seed=seed, class_names=self.class_names
        )
        credit = self.source.describe(self.options.extract)
        return Split(train, validation, test, self.feature_names, self.class_names, credit)
