"""Numbers are numbers: no truth value is 1, no quoted text is 100, and only true is true."""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticKnownError, core_schema

_PLAIN = frozenset(
    "int float none bool str literal list tuple set frozenset dict typed-dict".split()
)
_INSIDE = (
    "schema", "items_schema", "keys_schema", "values_schema", "lax_schema", "strict_schema",
    "json_schema", "python_schema",
)  # fmt: skip


def strict_numbers(schema: Any) -> Any:
    """A pydantic schema in which numbers and truth values take nothing else.

    A whole number still takes ``1e3``, and a number a whole one. Models inside are left alone: they
    have schemas of their own.

    Args:
        schema: Core schema of a field; it is not changed.
    """
    kind = schema["type"]
    if kind == "bool":
        return {**schema, "strict": True}
    if kind in ("int", "float"):
        return _numbers_only(schema, {kind})
    if kind in ("model", "dataclass") or _is_strict(schema):
        return schema
    if kind == "union":
        members = [each[0] if isinstance(each, tuple) else each for each in schema["choices"]]
        choices = [
            each if each["type"] in ("int", "float") else strict_numbers(each) for each in members
        ]
        return _numbers_only({**schema, "choices": choices}, {each["type"] for each in members})
    changed = dict(schema)
    for key in _INSIDE:
        inner = schema.get(key)
        if isinstance(inner, list):
            changed[key] = [strict_numbers(each) for each in inner]
        elif inner is not None:
            changed[key] = strict_numbers(inner)
    return changed


def strict_fields(schema: Any) -> None:
    """The same for every field of a model, in place."""
    while schema["type"] not in ("model-fields", "definition-ref"):
        schema = schema["schema"]
    for field in schema.get("fields", {}).values():
        field["schema"] = strict_numbers(field["schema"])


def _numbers_only(schema: Any, kinds: set[str]) -> Any:
    """The schema behind a check; as it is where something else than numbers may be meant."""
    numbers = [kind for kind in ("int", "float") if kind in kinds]
    if not numbers or not kinds <= _PLAIN:
        return schema
    wrong: tuple[type, ...] = () if kinds & {"bool", "literal"} else (bool,)
    wrong += () if kinds & {"str", "literal"} else (str, bytes)
    error: Any = f"{numbers[-1]}_type"

    def check(value: Any) -> Any:
        if isinstance(value, wrong):
            raise PydanticKnownError(error)
        return value

    check.__qualname__ = _numbers_only.__name__
    return core_schema.no_info_before_validator_function(check, schema) if wrong else schema


def _is_strict(schema: Any) -> bool:
    function = schema.get("function", {}) if schema["type"] == "function-before" else {}
    return getattr(function.get("function"), "__qualname__", "") == _numbers_only.__name__
