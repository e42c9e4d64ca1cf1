"""A surrogate that was measured: what stands for a backend, for one circuit with its weights."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qfusion_core.calibration import store as calibrations
from qfusion_core.circuits.circuit import Circuit
from qfusion_core.errors import InputError, QfusionError
from qfusion_core.interfaces.device_checks import require_finite
from qfusion_core.printable import shown_path
from qfusion_core.storage.tensors import read_tensors, write_tensors
from qfusion_core.storage.writing import require_no_link
from qfusion_core.surrogate import store
from qfusion_core.surrogate.card import Card
from qfusion_core.surrogate.degrees import Degrees
from qfusion_core.surrogate.grid import Grid, Rows
from qfusion_core.surrogate.table import Table

_NO_COLOUR = -1


class Surrogate:
    """A backend's values as a function of the data, exact but for the shots of the grid.

    Args:
        run: The run folder that it is of.
        card: What is said of it.
        rows: What was measured.
        values: ``[rows, n_words]`` in the order of the job, float64.
    """

    def __init__(self, run: Path, card: Card, rows: Rows, values: Tensor) -> None:
        self.run, self.card, self.rows, self.values = run, card, rows, values
        self.table = Table(rows.grid, rows.split(values)[0], card.shots)
        self._columns = {word: number for number, word in enumerate(card.observables)}

    @classmethod
    def read(cls, run: Path, backend: str) -> Surrogate:
        """The surrogate that a run has of a backend.

        Raises:
            InputError: There is none, or a file is damaged, a link, or not of the other.
        """
        card, path = store.read_card(run, backend), store.table_path(run, backend)
        tensors, _ = read_tensors(path)
        try:
            if store.digest_of(path) != card.table:
                raise ValueError("it is of another measurement than the card")
            rows, values = _unpacked(tensors, card)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError(
                f"{shown_path(path)}: does not fit its card ({str(error) or 'damaged'}); "
                f"`{card.again(str(run))}` makes both anew"
            ) from None
        return cls(run, card, rows, values)

    def write(self) -> Path:
        """Keep it in place of the one before.

        Raises:
            InputError: It cannot be written, or the way inside of the run folder is a link.
        """
        path = store.table_path(self.run, self.card.backend)
        try:
            require_no_link(path.parent).mkdir(exist_ok=True)
            write_tensors(require_no_link(path), _packed(self.rows, self.values), {"format": 1})
        except OSError as error:
            raise InputError(
                f"{shown_path(path)}: cannot write the surrogate ({error.strerror})"
            ) from None
        self.card = self.card.model_copy(update={"table": store.digest_of(path)})
        store.write_card(self.run, self.card)
        return path

    def notices(self) -> list[str]:
        """What a verb says before it uses the surrogate: its age, and what its check says.

        Raises:
            InputError: The calibration that the run has of the backend is damaged.
        """
        calibration = calibrations.read(self.run, self.card.backend)
        return self.card.notices(
            str(self.run), None if calibration is None else calibration.measured
        )

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """See `qfusion_core.Device`; differentiable in the data alone.

        Raises:
            InputError: It was measured for another circuit, other weights or other words.
            QfusionError: NaN or infinity in the data; in the backward pass, if a gradient of the
                weights is asked for.
        """
        columns = self._require_fit(circuit, data, weights, observables)
        values = self.table.at(_real(data))[:, columns].to(data.dtype)
        if weights.requires_grad and torch.is_grad_enabled():
            # torch does not annotate it
            values = values + _NoGradient.apply(weights, self._of())  # type: ignore[no-untyped-call]
        return values

    def standard_errors(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """Of `expectations` with the same arguments, from the shots: ``[rows, n_observables]``."""
        columns = self._require_fit(circuit, data, weights, observables)
        with torch.no_grad():
            return self.table.errors_at(_real(data))[:, columns].to(data.dtype)

    def _require_fit(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> list[int]:
        circuit.check(data, weights, observables)
        require_finite("data", data)
        require_finite("weights", weights)
        for what, asked, own in (
            ("circuit", circuit.digest(), self.card.circuit),
            ("entries of the data", circuit.n_data, len(self.rows.sentinel)),
            ("weights", weights_digest(weights), self.card.weights),
        ):
            if asked != own:
                raise InputError(
                    f"{self._of()}: was measured with other {what} than the model has; a surrogate "
                    f"is of one circuit with its weights: `{self.card.again(str(self.run))}`"
                )
        unknown = [word for word in observables if word not in self._columns]
        if unknown:
            raise InputError(
                f"{self._of()}: {unknown[0]} was not measured, only {len(self._columns)} words "
                f"such as {self.card.observables[0]}; `{self.card.again(str(self.run))}`"
            )
        return [self._columns[word] for word in observables]

    def _of(self) -> str:
        return f"surrogate of {self.card.backend!r} ({shown_path(self.run)})"


class _NoGradient(torch.autograd.Function):
    """Nothing that is added, and a refusal when its gradient is asked for."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, of: str) -> Tensor:
        ctx.of = of
        return weights.new_zeros(())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        raise QfusionError(
            f"{ctx.of}: no gradient in the circuit's weights: it was measured at these weights "
            "alone; freeze them (encoder.weights.requires_grad_(False)), or train on a simulator"
        )


def weights_digest(weights: Tensor) -> str:
    """SHA-256 of weights in double precision: the same for float32 and what it was widened to."""
    return hashlib.sha256(weights.detach().double().cpu().numpy().tobytes()).hexdigest()


def _real(data: Tensor) -> Tensor:
    return data.to(torch.promote_types(data.dtype, torch.float32))


def _packed(rows: Rows, values: Tensor) -> dict[str, Tensor]:
    grid, of = rows.grid, rows.grid.degrees
    longest = max((len(scales) for scales in of.scales), default=0)
    return {
        "values": values,
        "degrees": torch.tensor(of.of_words, dtype=torch.int32),
        "frequencies": torch.tensor(of.frequencies, dtype=torch.float64),
        "scales": torch.tensor(
            [[*scales, *[0.0] * (longest - len(scales))] for scales in of.scales],
            dtype=torch.float64,
        ).reshape(len(of.scales), longest),
        "colours": torch.tensor([_NO_COLOUR if c is None else c for c in grid.colours]),
        "points": torch.tensor(grid.points, dtype=torch.int64),
        "offsets": torch.tensor(grid.offsets, dtype=torch.float64),
        "checks": rows.checks,
        "sentinel": rows.sentinel,
        "order": torch.from_numpy(rows.order),
    }


def _unpacked(tensors: Mapping[str, Tensor], card: Card) -> tuple[Rows, Tensor]:
    """What was packed.

    Raises:
        ValueError: Something of it cannot be.
        KeyError: Something is missing.
    """
    n_data, n_words = len(tensors["offsets"]), len(card.observables)
    points = tuple(tensors["points"].tolist())
    if any(count < 1 for count in points) or math.prod(points) != card.rows:
        raise ValueError(f"a grid of {points}, where {card.rows} rows are expected")
    total = card.rows + len(tensors["checks"]) + Rows.REPEATS
    for name, shape, kind in (
        ("values", (total, n_words), torch.float64),
        ("degrees", (n_words, n_data), torch.int32),
        ("frequencies", (n_data,), torch.float64),
        ("scales", (n_data, *tensors["scales"].shape[1:]), torch.float64),
        ("colours", (n_data,), torch.int64),
        ("checks", (len(tensors["checks"]), n_data), torch.float64),
        ("sentinel", (n_data,), torch.float64),
        ("order", (total,), torch.int64),
        ("offsets", (n_data,), torch.float64),
    ):
        found = tensors[name]
        if tuple(found.shape) != shape or found.dtype != kind:
            raise ValueError(f"{name}: expected {list(shape)}, got {list(found.shape)}")
    if not torch.equal(tensors["order"].sort().values, torch.arange(total)):
        raise ValueError("order: expected each row once")
    degrees, colours = tensors["degrees"], tensors["colours"].tolist()
    if not (tensors["frequencies"] > 0).all() or not (0 <= degrees).all():
        raise ValueError("frequencies and degrees: expected none below 0")
    _require_kernels(degrees, colours, points)
    of = Degrees(
        tuple(map(tuple, degrees.tolist())),
        tuple(tensors["frequencies"].tolist()),
        tuple(tuple(s for s in row if s) for row in tensors["scales"].tolist()),
    )
    given = tuple(None if number == _NO_COLOUR else number for number in colours)
    grid = Grid(of, given, points, tuple(tensors["offsets"].tolist()))
    order: Any = tensors["order"].numpy().astype(np.int64)
    return Rows(grid, tensors["checks"], tensors["sentinel"], order), tensors["values"]


def _require_kernels(degrees: Tensor, colours: Sequence[int], points: Sequence[int]) -> None:
    """Each word sees a colour once at most, with points enough for its degree."""
    for word in degrees.tolist():
        seen = [(colours[entry], degree) for entry, degree in enumerate(word) if degree]
        numbers = [number for number, _ in seen]
        if len(set(numbers)) < len(numbers) or not set(numbers) <= set(range(len(points))):
            raise ValueError("colours: entries that a word sees share one, or have none")
        if any(2 * degree + 1 > points[number] for number, degree in seen):
            raise ValueError("points: too few for the degrees")
