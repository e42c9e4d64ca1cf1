"""YAML that remembers where it came from, so that every error names its line and column.

An error reads ``path:line:column: dotted.place: what``. Values are shown only where they cannot be
secrets; the text of a file is never quoted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from qfusion_core.config.yaml_errors import first_problem
from qfusion_core.config.yaml_nodes import At, compose
from qfusion_core.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


class Position(NamedTuple):
    """Where an entry stands, as ``path:line:column``: its key, and its value."""

    key: str
    value: str


@dataclasses.dataclass(frozen=True)
class Source:
    """One YAML file: plain data, and the position of every entry.

    Attributes:
        path: As it is shown in errors.
        data: The mapping at the top.
        positions: By path into ``data``, such as ``("backends", "aer", "type")``.
    """

    path: str
    data: dict[str, Any]
    positions: Mapping[At, Position] = dataclasses.field(repr=False)

    @classmethod
    def read(cls, path: str | Path) -> Source:
        """Read a file.

        Raises:
            InputError: It is missing, not UTF-8, not YAML, empty, or not a mapping at the top.
        """
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8"
            ) from None
        except OSError as error:
            raise InputError(f"{path}: cannot read it: {error.strerror}") from None
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, path: str) -> Source:
        """Read a text; ``path`` is what errors call it.

        >>> Source.parse("training: {epochs: 5}", "run.yaml").get(("training", "epochs"))
        5
        """
        data, marks = compose(text, path)
        if data is None:
            raise InputError(f"{path}:1:1: the file is empty; expected a mapping (key: value)")
        if not isinstance(data, dict):
            kind = type(data).__name__
            raise InputError(f"{path}:1:1: expected a mapping (key: value) at the top, got {kind}")
        positions = {
            at: Position(f"{path}:{key[0]}:{key[1]}", f"{path}:{value[0]}:{value[1]}")
            for at, (key, value) in marks.items()
        }
        return cls(path, data, positions)

    def get(self, at: At) -> Any:
        """The entry at a path into the data, None where there is none."""
        found: Any = self.data
        for step in at:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def override(self, assignment: str, *, origin: str = "--set") -> Source:
        """A copy with one entry replaced or added; errors in it cite the assignment's place.

        Args:
            assignment: ``dotted.place=value``, the value in YAML.
            origin: What errors name in front of the dotted place.

        Raises:
            InputError: Not of that form, or the place lies inside something that is no mapping.

        >>> source = Source.parse("training: {epochs: 5}", "run.yaml")
        >>> source.override("training.epochs=9").data
        {'training': {'epochs': 9}}
        """
        dotted, equals, text = assignment.partition("=")
        at = tuple(dotted.strip().split("."))
        if not equals or not all(at):
            raise InputError(f"{origin} {assignment}: expected dotted.place=value")
        shown = f"{origin} {dotted.strip()}"
        value, marks = compose(text, shown)
        positions = {old: p for old, p in self.positions.items() if old[: len(at)] != at}
        positions |= {at + inner: Position(shown, shown) for inner in marks}
        return dataclasses.replace(
            self, data=_with(self.data, at, value, shown), positions=positions
        )

    def error(self, at: At, what: str, *, key: At | None = None) -> InputError:
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
        dotted = ".".join(str(step) for step in at)
        said = where.endswith(f" {dotted}")  # an assignment is cited by its place
        return InputError(
            f"{where}: {dotted}: {what}" if dotted and not said else f"{where}: {what}"
        )

    def validate(self, model: type[Model], at: At = (), data: Any = None) -> Model:
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
            return model.model_validate(entry)
        except ValidationError as error:
            found = first_problem(error, model, entry)
            key = None if found.key is None else at + found.key
            raise self.error(at + found.at, found.what, key=key) from None
        except InputError as error:  # a plugin's validator may raise ours
            raise self.error(at, str(error)) from None


def _with(data: dict[str, Any], at: At, value: Any, shown: str) -> dict[str, Any]:
    head, *rest = at
    if not rest:
        return {**data, str(head): value}
    inner = data.get(str(head))
    if inner is not None and not isinstance(inner, dict):
        raise InputError(f"{shown}: {head!r} holds {type(inner).__name__}, not a mapping")
    return {**data, str(head): _with(inner or {}, tuple(rest), value, shown)}
