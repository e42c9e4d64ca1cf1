"""Steel Plates Faults: which fault a plate has, from measurements of its picture."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import ClassVar

import numpy as np

from qfusion_datasets.obtain import Arrays
from qfusion_datasets.published_table import PublishedTable
from qfusion_datasets.sources import STEEL, Source
from qfusion_datasets.unpacking import unpacked

FEATURES = (
    "X_Minimum",
    "X_Maximum",
    "Y_Minimum",
    "Y_Maximum",
    "Pixels_Areas",
    "X_Perimeter",
    "Y_Perimeter",
    "Sum_of_Luminosity",
    "Minimum_of_Luminosity",
    "Maximum_of_Luminosity",
    "Length_of_Conveyer",
    "TypeOfSteel_A300",
    "TypeOfSteel_A400",
    "Steel_Plate_Thickness",
    "Edges_Index",
    "Empty_Index",
    "Square_Index",
    "Outside_X_Index",
    "Edges_X_Index",
    "Edges_Y_Index",
    "Outside_Global_Index",
    "LogOfAreas",
    "Log_X_Index",
    "Log_Y_Index",
    "Orientation_Index",
    "Luminosity_Index",
    "SigmoidOfAreas",
)
CLASSES = (
    "Pastry",
    "Z_Scratch",
    "K_Scatch",
    "Stains",
    "Dirtiness",
    "Bumps",
    "Other_Faults",
)


class SteelPlatesFaults(PublishedTable):
    """Steel Plates Faults: 1,941 rows, 27 measurements, 7 faults.

    Pastry 158, Z_Scratch 190, K_Scatch 391, Stains 72, Dirtiness 55, Bumps 402, Other_Faults 673.
    Licence CC BY 4.0 (UCI). Cite: M. Buscema, S. Terzi, W. Tastle (2010), doi:10.24432/C5J88N.
    """

    name: ClassVar[str] = "steel-plates-faults"
    source: ClassVar[Source] = STEEL
    feature_names = FEATURES
    class_names = CLASSES

    @staticmethod
    def parse(folder: Path) -> Arrays:
        """Features float32 ``[rows, 27]`` and class indices int64 ``[rows]``."""
        table = np.loadtxt(BytesIO(unpacked(folder, "Faults.NNA", STEEL.most_inflated)), ndmin=2)
        return table[:, :-7].astype(np.float32), table[:, -7:].argmax(axis=1)
