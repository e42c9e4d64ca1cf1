"""YAML text to plain data with line and column, over PyYAML's nodes.

Stricter than ``yaml.safe_load``, which keeps the last of two equal keys in silence and reads
``1e-3`` as text. Keys are text as written; values are text, numbers, true, false and null.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from qfusion_core.errors import InputError

At = tuple[str | int, ...]
Mark = tuple[int, int]
Marks = dict[At, tuple[Mark, Mark]]

MAX_ENTRIES = 100_000  # aliases of aliases can grow without bound

_PLAIN_WORDS = {
    "'\\t'": "a tab; YAML is indented with spaces",
    "mapping values are not allowed": "a ':' where none can be: the line above has none, or this "
    "line a second one (quote the text), or the indentation is wrong",
    "could not find expected ':'": "a key without ':'; write key: value",
    "undefined alias": "an alias (*name) without its anchor (&name); quote a text that begins "
    "with '*'",
    "expected a single document": "a second document (---); one file holds one",
    "found unexpected end of stream": "a quote that is never closed",
    "expected ',' or": "a bracket or brace that is never closed, or a comma that is missing",
    "expected <block end>": "wrong indentation, or an item that does not fit its list or mapping",
    "undefined tag handle": "an unknown tag (!name); only plain YAML is read",
    "duplicate anchor": "an anchor (&name) that stands twice",
    "could not determine a constructor": "an unknown tag (!name); only plain YAML is read",
    "cannot start any token": "a character that cannot begin a value; put quotes around the text",
}


class _Loader(yaml.SafeLoader):
    """Dates stay text, and 1e-3 is a number, as in YAML 1.2."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def compose(text: str, path: str) -> tuple[Any, Marks]:
    """Data of a YAML text, and (key, value) positions of each entry, counted from 1.

    Raises:
        InputError: Not YAML, a key given twice, or something other than plain data.
    """
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        raise _at(path, _mark_of(text, error.position), "a control character") from None
    try:
        node = loader.get_single_node()
        if node is None:
            return None, {(): ((1, 1), (1, 1))}
        walker = _Walker(loader, path)
        return walker.value(node, (), _mark(node)), walker.marks
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _at(path, where, _plain(error)) from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply to be a configuration") from None


class _Walker:
    """Turns nodes into data and notes where each came from."""

    def __init__(self, loader: _Loader, path: str) -> None:
        self.loader, self.path = loader, path
        self.marks: Marks = {}

    def value(self, node: yaml.Node, at: At, key: Mark) -> Any:
        """Data of a node, with everything below it."""
        if len(self.marks) >= MAX_ENTRIES:
            raise _at(self.path, key, f"more than {MAX_ENTRIES} entries")
        self.marks[at] = (key, _mark(node))
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return {name: self.value(n, (*at, name), mark) for name, mark, n in self.entries(node)}
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.value(n, (*at, i), _mark(n)) for i, n in enumerate(node.value)]
        try:
            found = self.loader.construct_object(node)
        except (ValueError, TypeError):
            found = node
        if not isinstance(found, str | int | float | bool | None):
            raise _at(self.path, _mark(node), f"cannot read this as {node.tag.split(':')[-1]}")
        return found

    def entries(self, node: yaml.MappingNode) -> list[tuple[str, Mark, yaml.Node]]:
        """(key, position of the key, value) of each entry, merge keys (<<) resolved."""
        own: dict[str, tuple[Mark, yaml.Node]] = {}
        merged: dict[str, tuple[Mark, yaml.Node]] = {}
        for key, value in node.value:
            here = _mark(key)
            if not isinstance(key, yaml.ScalarNode) or key.value == "":
                raise _at(self.path, here, "a key must be text")
            if key.tag == "tag:yaml.org,2002:merge":
                for base in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if not isinstance(base, yaml.MappingNode) or base is node:
                        raise _at(self.path, here, "<< takes an alias of a mapping")
                    for name, mark, inner in self.entries(base):
                        merged.setdefault(name, (mark, inner))
            elif key.value in own:
                first = own[key.value][0]
                raise _at(
                    self.path,
                    here,
                    f"key {key.value!r} stands twice, first in line {first[0]}; remove one of them",
                )
            else:
                own[key.value] = (here, value)
        return [(name, *entry) for name, entry in (merged | own).items()]


def _mark(node: yaml.Node) -> Mark:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _mark_of(text: str, position: int) -> Mark:
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")


def _plain(error: yaml.MarkedYAMLError) -> str:
    said = f"{error.context or ''} {error.problem or ''}"
    for fragment, words in _PLAIN_WORDS.items():
        if fragment in said:
            return words
    return f"not YAML: {said.strip()}"


def _at(path: str, mark: Mark, what: str) -> InputError:
    return InputError(f"{path}:{mark[0]}:{mark[1]}: {what}")
