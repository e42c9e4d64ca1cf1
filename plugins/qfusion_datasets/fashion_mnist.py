"""Fashion-MNIST: pictures of clothes."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from qfusion_core import Part, Split, stratified
from qfusion_datasets.obtain import Arrays
from qfusion_datasets.options import FashionMNISTOptions
from qfusion_datasets.published import Published
from qfusion_datasets.sources import FASHION_MNIST, Source
from qfusion_datasets.unpacking import unpacked

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


class FashionMNIST(Published):
    """Fashion-MNIST: 70,000 grey images of 28 x 28, 10 classes of 7,000.

    The official test part (10,000) is the test part; validation is drawn from the other 60,000.
    x is ``[rows, 1, 28, 28]``, scaled to 0..1. Licence MIT, (c) 2017 Zalando SE. Cite: H. Xiao,
    K. Rasul, R. Vollgraf (2017), arXiv:1708.07747.
    """

    name: ClassVar[str] = "fashion-mnist"
    source: ClassVar[Source] = FASHION_MNIST
    Options = FashionMNISTOptions

    options: FashionMNISTOptions

    @classmethod
    def example(cls) -> FashionMNISTOptions:
        """The extract of 120 and 50 images."""
        return FashionMNISTOptions(extract=True)

    @staticmethod
    def parse(folder: Path) -> Arrays:
        """Images uint8 ``[rows, 28, 28]`` and classes uint8 ``[rows]``, for training and test."""
        return tuple(
            _idx(unpacked(folder, f"{part}-{kind}-ubyte", FASHION_MNIST.most_inflated))
            for part in ("train", "t10k")
            for kind in ("images-idx3", "labels-idx1")
        )

    def split(self, seed: int, arrays: Arrays) -> Split:
        """The seed decides all but the official parts."""
        options = self.options
        names = tuple(CLASSES[index] for index in options.classes)
        x, y, x_test, y_test = arrays
        rest = _drawn(_images(x, y, options.classes), options.train, seed, names)
        test = _drawn(_images(x_test, y_test, options.classes), options.test, seed, names)
        train, validation = stratified(rest, test=options.validation, seed=seed, class_names=names)
        return Split(train, validation, test, (), names, self.source.describe(options.extract))


def _idx(raw: bytes) -> NDArray[np.uint8]:
    """An IDX file of bytes: two zeros, type 8, number of dimensions, their sizes, the values."""
    if raw[:3] != b"\0\0\x08":
        raise ValueError(f"not an IDX file of bytes: it starts with {raw[:3]!r}")
    shape = np.frombuffer(raw, ">i4", count=raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def _images(x: NDArray[np.uint8], y: NDArray[np.uint8], classes: tuple[int, ...]) -> Part:
    rows = np.flatnonzero(np.isin(y, classes))
    renumbered = np.zeros(len(CLASSES), dtype=np.int64)
    renumbered[list(classes)] = np.arange(len(classes))
    return Part(x[rows, None].astype(np.float32) / np.float32(255), renumbered[y[rows]])


def _drawn(part: Part, rows: int | None, seed: int, names: tuple[str, ...]) -> Part:
    if rows is None or rows == len(part):
        return part
    return stratified(part, test=len(part) - rows, train=rows, seed=seed, class_names=names)[0]
