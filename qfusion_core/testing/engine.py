"""Contract of engines."""

from __future__ import annotations

from typing import Any

from qfusion_core.interfaces.engine import Engine
from qfusion_core.testing.component import ComponentContract, refused


class EngineContract(ComponentContract):
    """Promises of an engine, provisional as `Engine` is: results in order, and no error lost."""

    def open(self) -> Engine:
        """The engine under test."""
        engine: Engine = self.component(self.options())
        return engine

    def test_results_come_in_the_order_of_the_specs(self) -> None:
        """However long each takes."""
        specs = [{"value": value} for value in (3, 1, 2)]
        assert list(self.open().map(_square, specs)) == [
            {"square": 9},
            {"square": 1},
            {"square": 4},
        ]

    def test_specs_may_be_any_iterable(self) -> None:
        """A generator will do."""
        specs = ({"value": value} for value in range(3))
        assert len(list(self.open().map(_square, specs))) == 3

    def test_no_specs_no_results(self) -> None:
        """And no error."""
        assert list(self.open().map(_square, [])) == []

    def test_a_failure_reaches_the_caller(self) -> None:
        """With its text."""
        text = refused(Exception, lambda: list(self.open().map(_fail, [{"value": 1}])))
        assert "this job fails" in text, text


def _square(spec: dict[str, Any]) -> dict[str, Any]:
    return {"square": spec["value"] ** 2}


def _fail(spec: dict[str, Any]) -> dict[str, Any]:
    raise ValueError(f"this job fails: {spec}")
