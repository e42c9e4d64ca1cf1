"""Data sets: five public ones, and the user's own CSV, Parquet or npz."""

from __future__ import annotations

import qfusion_core


@qfusion_core.hookimpl
def qfusion_datasets() -> list[type]:
    """The data sets of this plugin."""
    from qfusion_datasets.covertype import Covertype
    from qfusion_datasets.fashion_mnist import FashionMNIST
    from qfusion_datasets.file import File
    from qfusion_datasets.steel import SteelPlatesFaults
    from qfusion_datasets.stock import BreastCancer, Wine

    return [Wine, BreastCancer, FashionMNIST, Covertype, SteelPlatesFaults, File]
