"""Contract of data sets."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import numpy as np

from qfusion_core.data.split import Part, Split
from qfusion_core.errors import InputError
from qfusion_core.testing.component import ComponentContract


class DatasetContract(ComponentContract):
    """Promises of a data set, on its example, which must be readable without a network.

    Attributes:
        component: The class under test.
        seeded: Whether another seed gives another split; at least the validation part should move.
    """

    seeded: ClassVar[bool] = True

    def load(self, seed: int) -> Split:
        """The split under test."""
        split: Split = self.component(self.options()).load(seed=seed)
        return split

    @cached_property
    def split(self) -> Split:
        """The split of seed 0."""
        return self.load(0)

    @property
    def parts(self) -> dict[str, Part]:
        """The three parts by name."""
        split = self.split
        return {"train": split.train, "validation": split.validation, "test": split.test}

    def test_its_source_is_there(self) -> None:
        """What can be read is not refused before it is."""
        try:
            self.component(self.options()).require_source()
        except InputError as error:
            raise AssertionError(f"the source of the example is refused: {error}") from error

    def test_samples_and_labels_fit(self) -> None:
        """Rows or images in float32 or float64, one int64 label for each, no missing values."""
        for name, part in self.parts.items():
            assert len(part) > 0, f"{name} is empty"
            assert part.x.dtype in (np.float32, np.float64) and part.y.dtype == np.int64, (
                f"{name}: x {part.x.dtype}, y {part.y.dtype}; expected float32 or float64, int64"
            )
            assert part.x.ndim in (2, 4), f"{name}: x has {part.x.ndim} dimensions, not 2 or 4"
            assert part.y.shape == (len(part.x),), f"{name}: {len(part.x)} rows, y {part.y.shape}"
            assert np.isfinite(part.x).all(), f"{name}: NaN or infinite"
        shapes = {part.x.shape[1:] for part in self.parts.values()}
        assert len(shapes) == 1, f"parts differ in shape: {shapes}"

    def test_names_fit(self) -> None:
        """Columns and classes have names of their own, and the source is told."""
        split = self.split
        columns = split.train.x.shape[1] if split.train.x.ndim == 2 else 0
        assert len(split.feature_names) == columns, (
            f"{len(split.feature_names)} feature names for {columns} columns"
        )
        assert len(split.class_names) >= 2, f"classes: {split.class_names}"
        for names in (split.feature_names, split.class_names):
            assert len(set(names)) == len(names), f"a name stands twice: {names}"
        assert split.source.strip(), "source is empty: say where the data came from"

    def test_every_class_is_learnt(self) -> None:
        """Labels lie in range, and the training part has all of them."""
        classes = len(self.split.class_names)
        for name, part in self.parts.items():
            assert 0 <= part.y.min() and part.y.max() < classes, f"{name}: label out of range"
        found = set(self.split.train.y.tolist())
        assert found == set(range(classes)), f"train has the classes {sorted(found)} of {classes}"

    def test_parts_are_disjoint(self) -> None:
        """No row stands in two parts, but for the few duplicates that real tables have."""
        rows = {name: {x.tobytes() for x in part.x} for name, part in self.parts.items()}
        for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
            shared = len(rows[first] & rows[second])
            allowed = 0.05 * len(rows[second])
            assert shared <= allowed, f"{first} and {second} share {shared} rows"

    def test_a_seed_gives_the_same_rows(self) -> None:
        """In the same order."""
        again = self.load(0)
        for name, part in self.parts.items():
            other: Part = getattr(again, name)
            assert np.array_equal(part.x, other.x) and np.array_equal(part.y, other.y), name

    def test_another_seed_gives_other_rows(self) -> None:
        """Even beside an official test part."""
        if self.seeded:
            other = self.load(1).validation
            assert not np.array_equal(self.split.validation.x, other.x), "the seed is ignored"
