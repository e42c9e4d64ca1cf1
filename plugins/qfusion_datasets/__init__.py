"""Data sets: five public ones, and the user's own CSV, Parquet or npz."""

from __future__ import annotations

import qfusion_core
from qfusion_core import Offer


@qfusion_core.hookimpl
def qfusion_datasets() -> dict[str, Offer]:
    """The data sets of this plugin."""
    return {
        "wine": Offer(
            "qfusion_datasets.sklearn_tables:Wine", "qfusion_datasets.options:TableOptions"
        ),
        "breast-cancer": Offer(
            "qfusion_datasets.sklearn_tables:BreastCancer", "qfusion_datasets.options:TableOptions"
        ),
        "fashion-mnist": Offer(
            "qfusion_datasets.fashion_mnist:FashionMNIST",
            "qfusion_datasets.options:FashionMNISTOptions",
        ),
        "covertype": Offer(
            "qfusion_datasets.covertype:Covertype", "qfusion_datasets.options:PublishedTableOptions"
        ),
        "steel-plates-faults": Offer(
            "qfusion_datasets.steel:SteelPlatesFaults",
            "qfusion_datasets.options:PublishedTableOptions",
        ),
        "file": Offer("qfusion_datasets.file:File", "qfusion_datasets.options:FileOptions"),
    }
