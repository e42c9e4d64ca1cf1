"""A vendor's price list, which the user can override: prices change, software is installed."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from qfusion_core.config.found import find
from qfusion_core.config.trust import how_to_trust
from qfusion_core.config.yaml_source import Source
from qfusion_core.notes import note

VARIABLE = "QFUSION_PRICES"
Model = TypeVar("Model", bound=BaseModel)


def read_prices(model: type[Model], packaged: str | Path, device: str) -> Model:
    """An adapter's price list, the user's own if there is one.

    The user's file is that of ``QFUSION_PRICES`` (an absolute path), ``./prices.yaml`` if it is
    trusted, or ``prices.yaml`` in the user's configuration directory, whichever comes first; it
    holds a section for each device, whose entries take the place of the packaged ones.

    Args:
        model: What a price list of this device looks like.
        packaged: The list that comes with the adapter: YAML, without sections.
        device: Name of the device, and of its section.

    Raises:
        InputError: One line with the position in the file that is wrong.
    """
    own = Source.read(packaged)
    users = _find()
    if users is None:
        return own.validate(model)
    section = users.get((device,))
    if section is None:
        return own.validate(model)
    if not isinstance(section, dict):
        raise users.error((device,), "expected a mapping of prices")
    return users.validate(model, (device,), {**own.data, **section})


def _find() -> Source | None:
    found = find("prices.yaml", VARIABLE)
    if found.theirs is not None:
        path = found.theirs.path
        used = "the packaged prices count" if found.own is None else f"{found.own.path} counts"
        note(f"{path} was only found here, so {used}; {how_to_trust(path)}")
    return None if found.own is None else found.own.source()
