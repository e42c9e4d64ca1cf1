"""YAML text to plain data with line and column, over PyYAML's nodes.

Stricter than ``yaml.safe_load``, which keeps the last of two equal keys in silence and reads YAML
1.1. Keys are text as written; values are text, numbers, true, false and null, as in YAML 1.2.
Merge keys (``<<``) are read all the same.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import yaml

from qfusion_core.config.yaml_scalars import STR, Scalar, plain_value, tagged_value
from qfusion_core.errors import InputError
from qfusion_core.printable import one_line, shown_path

KeyPath = tuple[str | int, ...]
Mark = tuple[int, int]
Entries = dict[str, tuple[Mark, yaml.Node]]

MAX_ENTRIES = 100_000  # aliases of aliases can grow without bound; to parse so many takes 5 s
MAX_DEPTH = 50

_UNTAGGED = "?"
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


class ParsedYaml(NamedTuple):
    """What a YAML text holds.

    Attributes:
        data: Plain data.
        marks: Positions of key and value of each entry, counted from 1.
        texts: Each scalar without quotes whose value is no text, as it was written.
    """

    data: Any
    marks: dict[KeyPath, tuple[Mark, Mark]]
    texts: dict[KeyPath, str]


class _Loader(yaml.SafeLoader):
    """Composes nodes, no more than there may be; what a scalar means is decided by us."""

    depth = nodes = 0

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a node that has none."""
        if kind is yaml.ScalarNode:
            return _UNTAGGED if implicit[0] else STR
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The next node, with all below it."""
        self.nodes += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RecursionError
        if self.nodes > MAX_ENTRIES:  # keys are nodes, too
            raise OverflowError
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def parse_yaml(text: str, path: str) -> ParsedYaml:
    """Data of a YAML text, with positions, and with numbers as they were written.

    Raises:
        InputError: Not YAML, a key given twice, too many entries, or something other than plain
            data.
    """
    shown = shown_path(path)
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        raise _at(shown, _mark_of(text, error.position), "a control character") from None
    try:
        node = loader.get_single_node()
        walker = _Walker(shown)
        data = None if node is None else walker.value(node, (), _mark(node))
    except InputError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _at(shown, where, _plain(error)) from None
    except RecursionError:
        raise InputError(f"{shown}: nested too deeply to be a configuration") from None
    except OverflowError:
        raise InputError(f"{shown}: more than {MAX_ENTRIES} entries") from None
    except Exception:  # the scanner's own: "\U00110000" is beyond what a character can be
        mark = loader.get_mark()
        problem = "not YAML: an escape (\\U...) or a number that cannot be"
        raise _at(shown, (mark.line + 1, mark.column + 1), problem) from None
    if node is None:
        walker.marks[()] = ((1, 1), (1, 1))
    return ParsedYaml(data, walker.marks, walker.texts)


class _Walker:
    """Turns nodes into data and notes where each came from."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.marks: dict[KeyPath, tuple[Mark, Mark]] = {}
        self.texts: dict[KeyPath, str] = {}
        self._entries: dict[int, Entries] = {}
        self._open: set[int] = set()
        self._merged = 0

    def value(self, node: yaml.Node, at: KeyPath, key: Mark) -> Any:
        """Data of a node, with everything below it."""
        if len(self.marks) >= MAX_ENTRIES:
            raise _at(self.path, key, f"more than {MAX_ENTRIES} entries")
        if len(at) > MAX_DEPTH:
            raise RecursionError
        self.marks[at] = (key, _mark(node))
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            entries = self.entries(node)
            return {name: self.value(n, (*at, name), mark) for name, (mark, n) in entries.items()}
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.value(n, (*at, i), _mark(n)) for i, n in enumerate(node.value)]
        if not isinstance(node, yaml.ScalarNode):
            raise _at(self.path, _mark(node), _unreadable(node.tag))
        return self.scalar(node, at)

    def scalar(self, node: yaml.ScalarNode, at: KeyPath) -> Scalar:
        """Value of a scalar; what is no text is noted as it was written."""
        if node.tag == _UNTAGGED:
            value = plain_value(node.value)
            if not isinstance(value, str):
                self.texts[at] = node.value
            return value
        try:
            return tagged_value(node.tag, node.value)
        except ValueError:
            raise _at(self.path, _mark(node), _unreadable(node.tag)) from None

    def entries(self, node: yaml.MappingNode) -> Entries:
        """Position of the key, and value, of each entry, merge keys (<<) resolved.

        Those of an anchor are resolved once, however often it is merged.
        """
        if id(node) in self._entries:
            return self._entries[id(node)]
        if id(node) in self._open:
            raise _at(self.path, _mark(node), "<< takes an alias of a mapping, not of itself")
        self._open.add(id(node))
        own: Entries = {}
        merged: Entries = {}
        for key, value in node.value:
            here = _mark(key)
            if not isinstance(key, yaml.ScalarNode) or (key.value == "" and key.style is None):
                raise _at(self.path, here, "a key must be text")
            if key.tag == _UNTAGGED and key.value == "<<":
                for base in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if not isinstance(base, yaml.MappingNode):
                        raise _at(self.path, here, "<< takes an alias of a mapping")
                    self.merge(self.entries(base), merged, here)
            elif key.value in own:
                name, first = one_line(repr(key.value), 60), own[key.value][0]
                problem = f"key {name} stands twice, first in line {first[0]}; remove one of them"
                raise _at(self.path, here, problem)
            else:
                own[key.value] = (here, value)
        self._open.remove(id(node))
        self._entries[id(node)] = merged | own
        return self._entries[id(node)]

    def merge(self, base: Entries, into: Entries, here: Mark) -> None:
        """Add the entries of an alias; those that are there already stay."""
        self._merged += len(base)
        if self._merged > MAX_ENTRIES:
            raise _at(self.path, here, f"more than {MAX_ENTRIES} merged entries (<<)")
        for name, entry in base.items():
            into.setdefault(name, entry)


def _mark(node: yaml.Node) -> Mark:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _mark_of(text: str, position: int) -> Mark:
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")


def _unreadable(tag: str) -> str:
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind == tag or kind.startswith("python/"):
        return "an unknown tag (!name); only plain YAML is read"
    return f"cannot read this as {one_line(kind, 40)}"


def _plain(error: yaml.MarkedYAMLError) -> str:
    message = f"{error.context or ''} {error.problem or ''}"
    for fragment, words in _PLAIN_WORDS.items():
        if fragment in message:
            return words
    return f"not YAML: {one_line(message, 120)}"


def _at(path: str, mark: Mark, problem: str) -> InputError:
    return InputError(f"{path}:{mark[0]}:{mark[1]}: {problem}")
