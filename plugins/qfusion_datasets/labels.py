"""A column of labels as class indices. A label is the text that stands in the file."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qfusion_core import InputError

if TYPE_CHECKING:
    import pandas as pd

MOST_NUMBERS = 20  # different numbers that are not whole: more are measurements, not classes
_NUMBER = re.compile(r"[-+]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)(e[-+]?[0-9]+)?|[-+]?inf", re.I)
_WHOLE = re.compile(r"[-+]?[0-9]{1,4000}")


def class_indices(
    column: pd.Series, where: str, trained: Sequence[str] | None = None
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Indices into the labels, and their names.

    Blanks around a label are left out; nothing else is changed. Labels that are all whole numbers
    are sorted as numbers, others as text.

    Args:
        column: As `read_table` gave it, as text where it was written as text.
        where: Names the file in errors.
        trained: Classes of a run that was trained before: they are kept, in their order.

    Returns:
        Class indices ``[rows]`` and class names.

    Raises:
        InputError: A label is missing, there is one class, the labels are measurements, or one is
            none of those known.
    """
    import pandas as pd

    where = f"{where}: label column {str(column.name)[:60]!r}"
    try:
        codes, distinct = pd.factorize(column)
    except TypeError:
        raise InputError(
            f"{where}: expected text or whole numbers, got lists or mappings"
        ) from None
    texts = _texts(column, distinct, where)
    empty = np.append([not text.strip() for text in texts], True)  # code -1: missing
    missing = empty[codes]
    if missing.any():
        raise InputError(
            f"{where}: no value in {int(missing.sum())} of {len(column)} rows, the first is data "
            f"row {int(missing.argmax()) + 1}; fill in or remove these rows"
        )
    if trained is not None:
        indices = _matched(texts, trained, where)
        return np.array(indices, dtype=np.int64)[codes], tuple(trained)
    labels = [text.strip() for text in texts]
    names = sorted(set(labels))
    if all(_WHOLE.fullmatch(name) for name in names):
        names.sort(key=lambda name: (int(name), name))
    _require_classes(names, where)
    index = {name: j for j, name in enumerate(names)}
    return np.array([index[label] for label in labels], dtype=np.int64)[codes], tuple(names)


def _texts(column: pd.Series, distinct: Any, where: str) -> list[str]:
    """Different labels as text: numbers with all their digits, whole ones without a point."""
    import pandas as pd
    from pandas.api import types

    if types.is_complex_dtype(column):
        raise InputError(f"{where}: expected text or whole numbers, got complex numbers")
    if types.is_datetime64_any_dtype(column):
        return list(pd.Series(distinct).astype(str))
    labels = list(np.asarray(distinct))
    if types.is_float_dtype(column):
        if broken := [label for label in labels if not math.isfinite(label)]:
            raise _not_classes(where, str(broken[0]))
        if all(label == int(label) for label in labels):
            return [str(int(label)) for label in labels]
    return [_text(label, where) for label in labels]


def _text(label: object, where: str) -> str:
    if isinstance(label, bytes):
        try:
            return label.decode()
        except UnicodeDecodeError:
            raise InputError(f"{where}: label {label[:20]!r} is not UTF-8 text") from None
    return str(label)


def _require_classes(names: Sequence[str], where: str) -> None:
    numbers = [_number(name) for name in names]
    if None not in numbers:
        broken = [n for n, value in zip(names, numbers, strict=True) if not _is_whole(value)]
        if len(broken) > MOST_NUMBERS or math.inf in map(abs, numbers):  # type: ignore[arg-type]
            raise _not_classes(where, broken[0])
    if len(names) < 2:
        raise InputError(f"{where}: one class only, {names[0][:40]!r}; expected at least two")


def _matched(texts: Sequence[str], trained: Sequence[str], where: str) -> list[int]:
    """Place of each label among known classes: as text, else as the number that it was read as."""
    places = {name: j for j, name in enumerate(trained)}
    numbers = {_number(name): j for j, name in reversed(list(enumerate(trained)))}
    indices, loose = [], []
    for text in texts:
        label = text.strip()
        as_truth = label.capitalize() if label.lower() in ("true", "false") else label
        index = next((places[t] for t in (text, label, as_truth) if t in places), None)
        if index is None and (number := _number(label)) is not None:
            index = numbers.get(number)
            loose.append(f"{label[:40]!r} as {trained[index]!r}" if index is not None else label)
        if index is None:
            raise InputError(
                f"{where}: label {label[:40]!r} is none of the {len(trained)} classes that the "
                "model was trained on; restore the data, or train again"
            )
        indices.append(index)
    if loose:
        warnings.warn(
            f"{where}: labels match the classes of the run as numbers only: {loose[0]}"
            + (f" and {len(loose) - 1} more" if loose[1:] else ""),
            stacklevel=4,
        )
    return indices


def _number(text: str) -> float | None:
    """What a label reads as, with either decimal mark; None where it is no number."""
    if not _NUMBER.fullmatch(text):
        return None
    return float(text.replace(",", "."))


def _is_whole(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and value == int(value)


def _not_classes(where: str, sample: str) -> InputError:
    return InputError(
        f"{where}: expected classes (text or whole numbers), got the number {sample[:40]}; name "
        "the column of the classes with --set data.options.label=COLUMN"
    )
