"""A vendor's price list, which the user can override: prices change, software is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from qfusion_core.config.file_search import find
from qfusion_core.config.trust import how_to_trust
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.notes import note
from qfusion_core.remote.money.price import is_amount

VARIABLE = "QFUSION_PRICES"
Model = TypeVar("Model", bound=BaseModel)


def read_prices(model: type[Model], packaged: str | Path, device: str) -> Model:
    """An adapter's price list, the user's own if there is one.

    The user's file is that of ``QFUSION_PRICES`` (an absolute path), ``./prices.yaml`` if it is
    trusted, or ``prices.yaml`` in the user's configuration directory, whichever comes first; it
    holds a section for each device, whose entries take the place of the packaged ones. Where one is
    lower than it was, both stand in the list's ``source``, so that they are shown with each price.

    Args:
        model: What a price list of this device looks like.
        packaged: The list that comes with the adapter: YAML, without sections.
        device: Name of the device, and of its section.

    Raises:
        InputError: One line with the position in the file that is wrong.
    """
    own = YamlDocument.read(packaged)
    users = _find()
    if users is None:
        return own.validate(model)
    section = users.get((device,))
    if section is None:
        return own.validate(model)
    if not isinstance(section, dict):
        raise users.error((device,), "expected a mapping of prices")
    together = {**own.data, **section}
    below = ", ".join(_below(own.data, section))
    if below and isinstance(source := together.get("source"), str):
        together["source"] = f"your file says {below}; {source}"
    return users.validate(model, (device,), together)


def _below(packaged: Any, users: Any, name: str = "") -> Iterator[str]:
    """What is cheaper in the user's list, with what it takes the place of."""
    if isinstance(packaged, dict) and isinstance(users, dict):
        for key, value in users.items():
            if key in packaged:
                yield from _below(packaged[key], value, f"{name}.{key}" if name else str(key))
    elif isinstance(packaged, list) and isinstance(users, list):
        for place, (one, other) in enumerate(zip(packaged, users, strict=False)):
            yield from _below(one, other, f"{name}[{place}]")
    elif is_amount(packaged) and is_amount(users) and users < packaged:
        yield f"{name} {users:g}, the packaged list {packaged:g}"


def _find() -> YamlDocument | None:
    files = find("prices.yaml", VARIABLE)
    if files.theirs is not None:
        path = files.theirs.path
        used = "the packaged prices count" if files.own is None else f"{files.own.path} counts"
        note(f"{path} was only found here, so {used}; {how_to_trust(path)}")
    return None if files.own is None else files.own.source()
