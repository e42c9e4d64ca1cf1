"""YAML that remembers where it came from, so that every error names its line and column.

An error reads ``path:line:column: dotted.place: what``. Values are shown only where they cannot be
secrets; the text of a file is never quoted. What a scalar without quotes is, its place decides:
where text is expected, it is its text as written, so that ``drop: [No, 400.50, 007]`` names three
columns.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from qfusion_core.config.validation_errors import first_problem, places_for_text, replaced
from qfusion_core.config.yaml_parser import KeyPath, parse_yaml
from qfusion_core.config.yaml_scalars import plain_value
from qfusion_core.errors import InputError, in_words
from qfusion_core.printable import one_line, shortened, shown_path
from qfusion_core.storage.reading import YAML_LIMIT, read_text

Model = TypeVar("Model", bound=BaseModel)

WRITTEN = {"written": "YAML"}  # validation context: text is handed over as it was written
_LONGEST_WORDS = 600  # of our own, and of a plugin
_MARKS = tuple(",'")  # of decimals and thousands
_NAME = re.compile(r"\S{121,}")  # longer than any of ours: out of the file, or a path
_LONGEST_NAME = 80
_LONGEST_FOUND = 140  # with a path and a place under 300 characters, whatever stands in the file


class Position(NamedTuple):
    """Where an entry stands, as ``path:line:column``: its key, and its value."""

    key: str
    value: str


@dataclasses.dataclass(frozen=True)
class YamlDocument:
    """One YAML file: plain data, and the position of every entry.

    Attributes:
        path: As it is shown in errors.
        data: The mapping at the top.
        positions: By path into ``data``, such as ``("backends", "aer", "type")``.
        texts: Numbers, truth values and nulls as they were written, by path into ``data``.
    """

    path: str
    data: dict[str, Any]
    positions: Mapping[KeyPath, Position] = dataclasses.field(repr=False)
    texts: Mapping[KeyPath, str] = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, path: str | Path, *, follow: bool = True) -> YamlDocument:
        """Read a file of at most 1 MB.

        Args:
            path: Of the file.
            follow: Whether it may be a link: no for a name inside a run folder.

        Raises:
            InputError: It is missing, no regular file, too large, not UTF-8, not YAML, empty, or
                not a mapping at the top.
        """
        return cls.parse(read_text(path, YAML_LIMIT, follow=follow), str(path))

    @classmethod
    def parse(cls, text: str, path: str) -> YamlDocument:
        """Read a text; ``path`` is what errors call it.

        >>> YamlDocument.parse("training: {epochs: 5}", "run.yaml").get(("training", "epochs"))
        5
        """
        data, marks, texts = parse_yaml(text, path)
        shown = shown_path(path)
        if data is None:
            raise InputError(f"{shown}:1:1: the file is empty; expected a mapping (key: value)")
        if not isinstance(data, dict):
            kind = type(data).__name__
            raise InputError(f"{shown}:1:1: expected a mapping (key: value) at the top, got {kind}")
        positions = {
            at: Position(f"{shown}:{key[0]}:{key[1]}", f"{shown}:{value[0]}:{value[1]}")
            for at, (key, value) in marks.items()
        }
        return cls(path, data, positions, texts)

    def get(self, at: KeyPath) -> Any:
        """The entry at a path into the data, None where there is none."""
        return _get(self.data, at)

    def override(self, assignment: str, *, origin: str = "--set") -> YamlDocument:
        """A copy with one entry replaced or added; errors in it cite the assignment's place.

        Args:
            assignment: ``dotted.place=value``, the value in YAML.
            origin: What errors name in front of the dotted place.

        Raises:
            InputError: Not of that form, or the place lies inside something that is no mapping.

        >>> source = YamlDocument.parse("training: {epochs: 5}", "run.yaml")
        >>> source.override("training.epochs=9").data
        {'training': {'epochs': 9}}
        """
        dotted, equals, text = assignment.partition("=")
        at = tuple(dotted.strip().split("."))
        if not equals or not all(at):
            excerpt = one_line(assignment, 100)
            raise InputError(f"{origin} {excerpt}: expected dotted.place=value")
        shown = f"{origin} {one_line(dotted, 100)}"
        # a shell takes the quotes of `decimal=','`, and a comma alone is no YAML
        value, marks, texts = parse_yaml(json.dumps(text) if text in _MARKS else text, shown)
        positions = {old: p for old, p in self.positions.items() if old[: len(at)] != at}
        positions |= {at + inner: Position(shown, shown) for inner in marks}
        other_texts = {old: text for old, text in self.texts.items() if old[: len(at)] != at}
        return dataclasses.replace(
            self,
            data=_with(self.data, at, value, shown),
            positions=positions,
            texts=other_texts | {at + inner: text for inner, text in texts.items()},
        )

    def error(self, at: KeyPath, what: str, *, key: KeyPath | None = None) -> InputError:
        """An error about the entry at ``at``, or about what stands nearest above it.

        Args:
            at: Path into the data, named in the error.
            what: What is wrong, and what to do.
            key: Path of the key whose position is cited; by default the position of the value.
        """
        nearest = key if key is not None else at
        while nearest not in self.positions:
            key, nearest = nearest[:-1], nearest[:-1]
        position = self.positions[nearest]
        where = position.value if key is None else position.key
        dotted = one_line(".".join(str(step) for step in at), 100)
        is_cited = where.endswith(f" {dotted}")  # an assignment is cited by its place
        place = f"{where}: {dotted}: " if dotted and not is_cited else f"{where}: "
        words = _NAME.sub(lambda match: shortened(match[0], _LONGEST_NAME), one_line(what))
        return InputError(place + shortened(words, _LONGEST_WORDS))

    def validate(self, model: type[Model], at: KeyPath = (), data: Any = None) -> Model:
        """A sub-tree as a pydantic model.

        Args:
            model: What it should be.
            at: Path into the data; an entry that is missing or empty counts as an empty mapping.
            data: What to validate in place of the entry itself.

        Raises:
            InputError: The first thing that is wrong, with its position.
        """
        entry = self.get(at) if data is None else data
        entry = {} if entry is None else entry
        try:
            return self._as_written(model, at, entry)
        except ValidationError as error:
            problem = first_problem(error, model, entry)
            key = None if problem.key is None else at + problem.key
            raise self.error(
                at + problem.at, shortened(problem.what, _LONGEST_FOUND), key=key
            ) from None
        except InputError as error:  # a plugin's validator may raise ours
            raise self.error(at, str(error)) from None
        except (ArithmeticError, LookupError, OSError, RuntimeError, TypeError) as error:
            # or it meets a value that it did not foresee, such as a home that nobody has (~x)
            reason = f"cannot be used ({in_words(error)})"
            raise self.error(at, reason) from None

    def _as_written(self, model: type[Model], at: KeyPath, entry: Any) -> Model:
        """The entry as a model, numbers as they were written wherever the model wants text."""
        tried: set[KeyPath] = set()
        texts: dict[KeyPath, str] = {}  # what stands in for numbers
        while True:
            try:
                return model.model_validate(
                    replaced(entry, texts) if texts else entry, context=WRITTEN
                )
            except ValidationError as error:
                places = places_for_text(error, entry)
                vain = places & set(texts)  # text is not what was wanted: they stay numbers
                new = {
                    place: self.texts[at + place]
                    for place in places - tried
                    if at + place in self.texts and self._still_written(entry, at, place)
                }
                if not vain and not new:
                    raise
                tried |= set(new)
                texts = {place: text for place, text in texts.items() if place not in vain} | new

    def _still_written(self, entry: Any, at: KeyPath, place: KeyPath) -> bool:
        """Whether an entry is what was written there, and not what has replaced it since."""
        value, original = _get(entry, place), plain_value(self.texts[at + place])
        return type(value) is type(original) and (value == original or value != value)


def _with(data: dict[str, Any], at: KeyPath, value: Any, shown: str) -> dict[str, Any]:
    head, *rest = at
    if not rest:
        return {**data, str(head): value}
    inner = data.get(str(head))
    if inner is not None and not isinstance(inner, dict):
        raise InputError(f"{shown}: {head!r} holds {type(inner).__name__}, not a mapping")
    return {**data, str(head): _with(inner or {}, tuple(rest), value, shown)}


def _get(data: Any, at: KeyPath) -> Any:
    for step in at:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data
