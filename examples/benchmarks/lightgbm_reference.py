"""LightGBM on the split of a run: what a tree ensemble gets out of the same rows."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np

from qfusion_core import InputError, Split
from qfusion_core.metrics.scores import Scores, scores

PARAMETERS: dict[str, Any] = {"n_estimators": 200, "learning_rate": 0.1, "verbosity": -1}


def require_lightgbm() -> None:
    """Refuse before anything runs.

    Raises:
        InputError: The package is not installed.
    """
    if importlib.util.find_spec("lightgbm") is None:
        raise InputError(
            "the arm lightgbm needs the package lightgbm; pip install lightgbm, or name the other "
            "arms with --arms"
        )


def lightgbm_scores(split: Split, *, seed: int, threads: int) -> Scores:
    """Test scores of LightGBM, its settings default but for `PARAMETERS`.

    It stops by the number of trees, so it needs no validation part and is fitted on those rows too.

    Args:
        split: Images are flattened.
        seed: Its ``random_state``.
        threads: Number of threads; it may change the last digits of sums.
    """
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(**PARAMETERS, random_state=seed, n_jobs=threads)
    parts = (split.train, split.validation)
    x = np.concatenate([part.x.reshape(len(part), -1) for part in parts])
    model.fit(x, np.concatenate([part.y for part in parts]))
    # the booster itself: the wrapper warns that an array has no feature names
    chances = np.asarray(model.booster_.predict(split.test.x.reshape(len(split.test), -1)))
    predicted = chances > 0.5 if chances.ndim == 1 else chances.argmax(1)
    return scores(split.test.y, predicted.astype(np.int64))
