"""Extrapolation to no noise: what fits what, known before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Extrapolator = Literal[
    "linear", "exponential", "double_exponential", "polynomial_degree_1", "polynomial_degree_2",
    "polynomial_degree_3", "polynomial_degree_4", "fallback",
]  # fmt: skip

FACTORS = (1.0, 3.0, 5.0)  # of the noise, where IBM chooses
_EXTRAPOLATORS: tuple[Extrapolator, ...] = ("exponential", "linear")  # where IBM chooses
# one more than unknowns: without, a fit has no error, and IBM's choice between fits takes any
# (qiskit_ibm_runtime 0.51, executor_estimator/utils.py, _REQUIRED_NOISE_FACTORS, allows as many)
_LEAST = {"linear": 3, "exponential": 3, "double_exponential": 5, "fallback": 1}


def require_fit(
    factors: Sequence[float] | None, chosen: Extrapolator | Sequence[Extrapolator] | None
) -> None:
    """Refuse an extrapolation with as many unknowns as noise factors.

    Args:
        factors: Of the noise, of two-qubit gates; None where IBM chooses.
        chosen: Those to try, in this order; None where IBM chooses.

    Raises:
        ValueError: Says what is expected.

    >>> require_fit((1, 3, 5), "double_exponential")
    Traceback (most recent call last):
    ValueError: zne_extrapolator: double_exponential needs at least 5 zne_noise_factors, got 3
    """
    folds = FACTORS if factors is None else tuple(factors)
    if list(folds) != sorted(set(folds)):
        raise ValueError("zne_noise_factors: expected an ascending list without repetitions")
    for name in (chosen,) if isinstance(chosen, str) else chosen or _EXTRAPOLATORS:
        least = _LEAST.get(name) or int(name[-1]) + 2
        if len(folds) < least:
            raise ValueError(
                f"zne_extrapolator: {name} needs at least {least} zne_noise_factors, got "
                f"{len(folds)}"
            )


def to_try(chosen: Extrapolator | Sequence[Extrapolator] | None) -> list[Extrapolator]:
    """Those to try, in this order; at last, where none fits, the values as measured."""
    names = [chosen] if isinstance(chosen, str) else list(chosen or _EXTRAPOLATORS)
    return list(dict.fromkeys([*names, "fallback"]))
