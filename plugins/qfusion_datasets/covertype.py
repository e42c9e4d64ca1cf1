"""Covertype: which trees grow there, from maps."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import ClassVar

import numpy as np

from qfusion_datasets.obtain import Arrays
from qfusion_datasets.published_table import PublishedTable
from qfusion_datasets.sources import COVERTYPE, Source
from qfusion_datasets.unpacking import unpacked

FEATURES = (
    "Elevation",
    "Aspect",
    "Slope",
    "Horizontal_Distance_To_Hydrology",
    "Vertical_Distance_To_Hydrology",
    "Horizontal_Distance_To_Roadways",
    "Hillshade_9am",
    "Hillshade_Noon",
    "Hillshade_3pm",
    "Horizontal_Distance_To_Fire_Points",
    *(f"Wilderness_Area{area}" for area in range(1, 5)),
    *(f"Soil_Type{soil}" for soil in range(1, 41)),
)
CLASSES = (
    "Spruce/Fir",
    "Lodgepole Pine",
    "Ponderosa Pine",
    "Cottonwood/Willow",
    "Aspen",
    "Douglas-fir",
    "Krummholz",
)


class Covertype(PublishedTable):
    """Covertype: 581,012 rows, 10 numbers and 44 indicators, 7 kinds of forest cover.

    Rows by class: 211,840, 283,301, 35,754, 2,747, 9,493, 17,367, 20,510. ``train=20000,
    test=5000`` draws stratified parts from the whole table. Licence CC BY 4.0 (UCI); (c) Jock A.
    Blackard and Colorado State University. Cite: J. Blackard (1998), doi:10.24432/C50K5N.
    """

    name: ClassVar[str] = "covertype"
    source: ClassVar[Source] = COVERTYPE
    feature_names = FEATURES
    class_names = CLASSES

    @staticmethod
    def parse(folder: Path) -> Arrays:
        """Features int16 ``[rows, 54]`` and class indices int64 ``[rows]``."""
        raw = BytesIO(unpacked(folder, "covtype.data", COVERTYPE.most_inflated))
        table = np.loadtxt(raw, dtype=np.int16, delimiter=",", ndmin=2)
        return np.ascontiguousarray(table[:, :-1]), table[:, -1].astype(np.int64) - 1
