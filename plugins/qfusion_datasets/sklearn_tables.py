"""The two small tables that come with scikit-learn."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from qfusion_core import Dataset, Part, Split
from qfusion_datasets.options import TableOptions


class Wine(Dataset):
    """Wine: 178 rows, 13 chemical measurements, 3 cultivars (59, 71, 48 rows).

    With 36 test rows one error costs 2.8 points. Licence CC BY 4.0 (UCI). Cite: S. Aeberhard,
    M. Forina (1992), Wine, doi:10.24432/C5PC7J.
    """

    name: ClassVar[str] = "wine"
    Options = TableOptions

    def __init__(self, options: TableOptions) -> None:
        self.options = options

    def load(self, *, seed: int) -> Split:
        """From scikit-learn; see `TableOptions` for the split."""
        from sklearn.datasets import load_wine

        credit = "S. Aeberhard, M. Forina (1992), Wine, doi:10.24432/C5PC7J; CC BY 4.0"
        return _split(load_wine(), self.options, seed, f"scikit-learn load_wine; UCI; {credit}")


class BreastCancer(Dataset):
    """Breast Cancer Wisconsin (Diagnostic): 569 rows, 30 features of cell nuclei.

    Two classes: malignant (212), benign (357). Licence CC BY 4.0 (UCI). Cite: W. Wolberg,
    O. Mangasarian, N. Street, W. Street (1993), doi:10.24432/C5DW2B.
    """

    name: ClassVar[str] = "breast-cancer"
    Options = TableOptions

    def __init__(self, options: TableOptions) -> None:
        self.options = options

    def load(self, *, seed: int) -> Split:
        """From scikit-learn; see `TableOptions` for the split."""
        from sklearn.datasets import load_breast_cancer

        credit = (
            "W. Wolberg, O. Mangasarian, N. Street, W. Street (1993), Breast Cancer Wisconsin "
            "(Diagnostic), doi:10.24432/C5DW2B; CC BY 4.0"
        )
        source = f"scikit-learn load_breast_cancer; UCI; {credit}"
        return _split(load_breast_cancer(), self.options, seed, source)


def _split(bunch: Any, options: TableOptions, seed: int, source: str) -> Split:
    whole = Part(bunch.data.astype(np.float32), bunch.target.astype(np.int64))
    class_names = tuple(map(str, bunch.target_names))
    feature_names = tuple(map(str, bunch.feature_names))
    train, validation, test = options.split(whole, seed=seed, class_names=class_names)
    return Split(train, validation, test, feature_names, class_names, source)
