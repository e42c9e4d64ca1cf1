"""What the verbs take: whole numbers within limits, names of backends and of torch devices.

Refused before all. The command line has the same limits for its options, and says them first.
"""

from __future__ import annotations

import operator
from typing import Any, overload

from qfusion_core.config.torch_name import require_torch_name
from qfusion_core.errors import InputError
from qfusion_core.printable import shown_value

LARGEST_SEED = 2**32 - 1


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """A whole number within limits; those of NumPy are taken, too.

    Args:
        name: What errors call it.
        value: What was given.
        least: The smallest that is taken.
        most: The largest; None for no limit.

    Raises:
        InputError: It is none, or outside of them.
    """
    limits = f"{least} or more" if most is None else f"{least} to {most}"
    expected = f"{name}: expected a whole number, {limits}; got {shown_value(value)}"
    if isinstance(value, bool):
        raise InputError(expected)
    try:
        number = operator.index(value)
    except TypeError:
        raise InputError(expected) from None
    if number < least or (most is not None and number > most):
        raise InputError(expected)
    return number


@overload
def rows_of(samples: int, seed: int, least: int = 1) -> tuple[int, int]: ...


@overload
def rows_of(samples: int | None, seed: int, least: int = 1) -> tuple[int | None, int]: ...


def rows_of(samples: int | None, seed: int, least: int = 1) -> tuple[int | None, int]:
    """How many rows are drawn, None for all of them, and the seed of the draw.

    Raises:
        InputError: One of them is no whole number, or outside of its limits.
    """
    samples = None if samples is None else whole("samples", samples, least)
    return samples, whole("seed", seed, 0, LARGEST_SEED)


def require_name(backend: Any, *, or_default: bool = True) -> None:
    """Refuse what is no name of a backend.

    Args:
        backend: What was given.
        or_default: Whether None, for the default of the file, is as good.

    Raises:
        InputError: An open device, for one: calibrations and journals go by names.
    """
    if not isinstance(backend, str) and not (backend is None and or_default):
        raise InputError(
            f"backend: expected a name in backends.yaml, got {shown_value(backend)}; an open "
            "device is taken by `qfusion_core.load(run, device)`, whose model is called with rows"
        )


def require_torch_device(name: Any) -> None:
    """Refuse a torch device that cannot be used here; torch is imported only for another than cpu.

    Raises:
        InputError: It is none, or not here.
    """
    require_torch_name(name)
    if name == "cpu":
        return

    from qfusion_core.model.torch_device import usable_torch_device

    usable_torch_device(name)
