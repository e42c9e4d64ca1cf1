"""What is said of a surrogate: of which machine, when, how well. Imports no torch."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from qfusion_core.config.shell_command import shell_command
from qfusion_core.options import Options
from qfusion_core.surrogate.sizes import MOST_ROWS, usual_checks

MOST_DAYS = 7  # after so many a machine has been calibrated anew, most likely
_UNSOUND = (
    "the machine drifts, or its noise depends on the data, or shots are not all of its noise, so "
    "that the surrogate is not what it would measure"
)


class Check(Options):
    """What the check rows say; standard errors are those of the shots.

    What needs standard errors is there as a whole, or all None: then values are exact.
    """

    rows: int = Field(ge=1, description="beside the grid")
    rms: float = Field(ge=0, description="root mean square of their residuals")
    chi_square: float | None = Field(None, description="sum of squares, in standard errors")
    expected: float | None = Field(None, description="its mean over sound jobs")
    p: float | None = Field(None, ge=0, le=1, description="share of sound jobs that look as bad")
    drift: float | None = Field(None, description="change of the values over the job")
    drift_error: float | None = Field(None, ge=0, description="its standard error")
    finds_error: float | None = Field(None, ge=0, description="rms error that is found")
    finds_drift: float | None = Field(None, ge=0, description="drift that is found, in 95 of 100")
    sound: bool = Field(description="whether nothing speaks against the surrogate")
    drifts: bool = Field(False, description="whether most of what speaks against it is drift")

    @model_validator(mode="after")
    def _whole_or_exact(self) -> Self:
        names = "chi_square", "expected", "p", "drift", "drift_error", "finds_error", "finds_drift"
        missing = [name for name in names if getattr(self, name) is None]
        if 0 < len(missing) < len(names):
            raise ValueError(f"expected {', '.join(names)} or none of them, got no {missing[0]}")
        return self

    def __str__(self) -> str:
        if self.p is None:
            return f"check: {self.rows} rows, off by {self.rms:.1e} (exact values)"
        return (
            f"check: {self.rows} rows, chi-square {self.chi_square:.1f} where {self.expected:.1f} "
            f"is usual, drift {self.drift:+.1%} +- {self.drift_error:.1%}, p = {self.p:.3f}"
        )

    @property
    def meaning(self) -> str:
        """In a sentence or two."""
        if self.p is None:
            return "values are exact, and follow from the grid" if self.sound else _UNSOUND
        if not self.sound:
            why = "the values drift over the job" if self.drifts else "residuals are too large"
            return f"{why}, as in {self.p:.1%} of sound jobs: {_UNSOUND}"
        return (
            f"nothing speaks against it: an error of {self.finds_error:.3f} (rms) in the values, "
            f"or a drift of {self.finds_drift:.1%}, would have been found in 95 of 100 jobs"
        )


class Card(Options):
    """What stands beside the numbers in ``surrogate/BACKEND.safetensors``.

    Attributes:
        backend: That was measured.
        device: Its type.
        options: Digest of its options that change values.
        machine: As its adapter calls it; None where it does not say.
        calibrated: When the machine was calibrated, as its adapter says it; None likewise.
        circuit: Digest of the circuit, its weights left open.
        weights: Digest of the weights.
        observables: Pauli words in the order of the table.
        shots: Behind each value of the grid; None where they are exact.
        rows: Of the grid.
        seed: Of offsets, checks and order.
        measurement: In the journal of the run; None for a backend on this machine.
        adopted: What is to be said of values that came with an adopted journal; else nothing.
        table: SHA-256 of the numbers and of all else on the card.
    """

    format: Literal[1] = 1
    backend: str
    device: str
    options: str
    machine: str | None
    calibrated: str | None
    circuit: str
    weights: str
    observables: tuple[str, ...] = Field(min_length=1)
    shots: int | None = Field(ge=1, le=10**9)
    rows: int = Field(ge=1)
    seed: int = Field(ge=0)
    measurement: str | None
    adopted: str = ""
    measured: str = Field(description="date and time, UTC")
    check: Check
    table: str
    provenance: dict[str, Any]

    @field_validator("measured")
    @classmethod
    def _is_a_time(cls, measured: str) -> str:
        if datetime.fromisoformat(measured).tzinfo is None:
            raise ValueError("expected a date and time with its zone")
        return measured

    @property
    def days(self) -> float:
        """Since it was measured."""
        past = datetime.now(UTC) - datetime.fromisoformat(self.measured)
        return past.total_seconds() / 86400

    def __str__(self) -> str:
        shots = "exact values" if self.shots is None else f"{self.shots} shots"
        days = int(self.days)
        age = "today" if days < 1 else f"{days} day{'s' if days > 1 else ''} ago"
        return (
            f"surrogate of {self.backend}: measured {self.measured[:10]} ({age}), {self.rows} "
            f"rows, {shots}"
        )

    def notices(self, run: str, calibrated: str | None) -> list[str]:
        """What a verb says before it uses the surrogate.

        Args:
            run: Its folder, for the command that measures anew.
            calibrated: When `qfusion calibrate` last measured the backend; None: never.
        """
        again = f"`{self.again(run)}` measures anew"
        lines = [f"{self}; {'sound' if self.check.sound else 'NOT SOUND'}: {self.check}"]
        if calibrated is not None and later(calibrated, self.measured):
            when = calibrated[:10]
            lines.append(
                f"{self.backend} was calibrated after that ({when}): {again}, raw as this is"
            )
        elif self.days > MOST_DAYS:
            lines.append(f"that is more than {MOST_DAYS} days ago, machines change: {again}")
        if self.adopted:
            lines.append(f"values of the surrogate of {self.backend}: {self.adopted}")
        return lines

    def command(self, run: str, *more: str) -> str:
        """The command that makes it once more: out of the journal, where that has its values.

        Args:
            run: Its folder.
            more: Further words.
        """
        checks = usual_checks(self.rows)
        return shell_command(
            *("distil", run, "--backend", self.backend),
            *(() if self.seed == 0 else ("--seed", str(self.seed))),
            *(() if self.check.rows == checks else ("--checks", str(self.check.rows))),
            *(() if self.rows <= MOST_ROWS else ("--max-rows", str(self.rows))),
            *more,
        )

    def again(self, run: str) -> str:
        """The command that measures anew."""
        return self.command(run, "--again")


def later(one: str, other: str) -> bool:
    """Whether a time is later than another; not where it is none."""
    try:
        return datetime.fromisoformat(one) > datetime.fromisoformat(other)
    except (TypeError, ValueError):  # not a time, or without its zone
        return False
