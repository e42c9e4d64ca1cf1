"""The data set as the command line names it: ``covertype:train=20000``, ``file:table.csv``."""

from __future__ import annotations

import re
from typing import Any

from qfusion_core.config.yaml_parser import KeyPath, parse_yaml
from qfusion_core.errors import InputError
from qfusion_core.printable import one_line


def parse_data(text: str) -> dict[str, Any]:
    """``NAME[:key=value,...]`` or ``file:PATH`` as a component.

    >>> parse_data("covertype:train=20000,test=5000")
    {'type': 'covertype', 'options': {'train': 20000, 'test': 5000}}
    >>> parse_data("fashion-mnist:classes=0,1,2")
    {'type': 'fashion-mnist', 'options': {'classes': [0, 1, 2]}}
    >>> parse_data("file:table.csv")
    {'type': 'file', 'options': {'path': 'table.csv'}}
    """
    return read_data(text)[0]


def read_data(text: str) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    """The component, and its numbers as they were written (see `Source`)."""
    name, _, rest = text.partition(":")
    if name == "file":
        if not rest:
            raise InputError("data set 'file': no file; expected file:TABLE.csv")
        return {"type": "file", "options": {"path": rest}}, {}
    options: dict[str, Any] = {}
    texts: dict[KeyPath, str] = {}
    for pair in re.split(r",(?=[a-z_]+=)", rest) if rest else []:
        key, equals, value = pair.partition("=")
        if not equals:
            where = f"data set {quoted(text)}"
            raise InputError(f"{where}: expected NAME:key=value,..., got {quoted(pair)}")
        several = "," in value and not value.lstrip().startswith("[")
        try:
            parsed = parse_yaml(f"[{value}]" if several else value, key)
        except InputError:
            problem = f"{one_line(key, 40)}: {quoted(value)} is not YAML"
            raise InputError(f"data set {quoted(text)}: {problem}") from None
        options[key] = parsed.data
        texts |= {("options", key, *at): written for at, written in parsed.texts.items()}
    return {"type": name, "options": options}, texts


def quoted(text: str) -> str:
    """A text of the command line as an error shows it."""
    return one_line(repr(text), 80)
