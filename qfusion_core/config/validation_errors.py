"""What pydantic found, as one plain line: the place, what was expected, what was found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from qfusion_core.config.yaml_parser import KeyPath
from qfusion_core.errors import did_you_mean
from qfusion_core.options import Credentials
from qfusion_core.printable import one_line

_LONGEST_VALUE = 60
# what pydantic says where a text belongs; a list, since a text can stand for one (a,b)
_WANT_TEXT = frozenset(
    "string_type string_sub_type path_type literal_error bytes_type enum url_type tuple_type "
    "list_type".split()
)


class Problem(NamedTuple):
    """The first thing wrong in a tree.

    Attributes:
        at: Where, as a path from the tree's root.
        what: What, in one line.
        key: Path of the key to point at, where it is a key that is wrong or missing one below it.
    """

    at: KeyPath
    what: str
    key: KeyPath | None = None


def first_problem(error: ValidationError, model: type[BaseModel], data: Any) -> Problem:
    """The first problem of a failed validation of ``data``; misspelt keys before missing ones.

    Values are quoted, but never a credential's.
    """
    problems = [(_path(p["loc"], data), p) for p in error.errors(include_url=False)]
    at, first = min(problems, key=lambda pair: pair[1]["type"] != "extra_forbidden")
    if first["type"] == "extra_forbidden":
        suggestion = did_you_mean(str(at[-1]), _keys(model, at[:-1]))
        return Problem(at[:-1], f"unknown key {one_line(repr(at[-1]), 60)}, {suggestion}", key=at)
    if first["type"] == "missing":
        return Problem(at, f"missing key {first['loc'][-1]!r}", key=at)
    # a union reports once for each of its members
    messages = dict.fromkeys(_say(problem) for place, problem in problems if place == at)
    own_words = first["type"] in ("value_error", "assertion_error")
    got = "" if own_words or issubclass(model, Credentials) else f", got {_shown(first['input'])}"
    return Problem(at, " or ".join(messages) + got)


def places_for_text(error: ValidationError, data: Any) -> set[KeyPath]:
    """Where in the data a text might be what is wanted."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return {_path(p["loc"], data) for p in problems if p["type"] in _WANT_TEXT}


def replaced(data: Any, texts: Mapping[KeyPath, str], at: KeyPath = ()) -> Any:
    """A copy of the data with a text in some places."""
    if at in texts:
        return texts[at]
    if isinstance(data, dict):
        return {key: replaced(value, texts, (*at, key)) for key, value in data.items()}
    if isinstance(data, list):
        return [replaced(value, texts, (*at, index)) for index, value in enumerate(data)]
    return data


def _path(loc: tuple[int | str, ...], data: Any) -> KeyPath:
    """The steps of a location that lead through the data, without pydantic's own (union tags)."""
    path: list[int | str] = []
    for step in loc:
        if isinstance(data, dict):
            is_in_data = step in data
        else:
            is_in_data = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if is_in_data:
            path.append(step)
            data = data[step]
    return tuple(path)


def _keys(model: Any, at: KeyPath) -> list[str]:
    """The keys that a nested model knows."""
    models = list(_models(model))
    for step in at:
        fields = [
            f for m in models for name, f in m.model_fields.items() if step in (name, f.alias)
        ]
        # a step that is no field of its own goes through a dict or list of models
        models = [m for f in fields for m in _models(f.annotation)] or models
    return [field.alias or name for m in models for name, field in m.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _say(problem: ErrorDetails) -> str:
    if problem["type"] in ("dict_type", "model_type"):
        return "should be a mapping (key: value)"
    if problem["type"] in ("tuple_type", "list_type"):
        return "should be a list ([a, b])"
    if problem["type"] == "bool_type":
        return "should be true or false"
    message = problem["msg"]
    for prefix in ("Value error, ", "Assertion failed, ", "Input "):
        message = message.removeprefix(prefix)
    return message.replace("\n", " ")


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."
