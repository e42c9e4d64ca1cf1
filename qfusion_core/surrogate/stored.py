"""A surrogate that was measured: what stands for a backend, for one circuit with its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from qfusion_core.calibration import store as calibrations
from qfusion_core.circuits.circuit import Circuit
from qfusion_core.errors import InputError, QfusionError, translated
from qfusion_core.interfaces.device_checks import require_finite
from qfusion_core.printable import one_line, shown_path
from qfusion_core.storage.tensors import Notes, Promised, read_tensors, write_tensors
from qfusion_core.storage.writing import require_no_link
from qfusion_core.surrogate import store
from qfusion_core.surrogate.card import Card
from qfusion_core.surrogate.grid import Rows
from qfusion_core.surrogate.packing import digest_of, packed, require_layout, unpacked
from qfusion_core.surrogate.table import Table


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
            InputError: There is none, or its file is damaged, a link, or of another backend.
        """
        path, then = store.require_path(run, backend), store.advice(run, backend)

        def check(promised: Promised, notes: Notes) -> None:
            card = store.card_in(notes, run, backend)
            with _fitting(path, store.advice(run, backend, card)):
                require_layout(promised, card)

        tensors, notes = read_tensors(path, check, then)
        card = store.card_in(notes, run, backend)
        with _fitting(path, store.advice(run, backend, card)):
            if digest_of(notes["card"], tensors) != card.table:
                raise ValueError("not what was measured, or not what was said of it then")
            rows, values = unpacked(tensors, card)
        return cls(run, card, rows, values)

    def write(self, run: Path | None = None) -> Path:
        """Keep it in place of the one before: until it is whole, that one stays.

        Args:
            run: Another run folder whose model has the same circuit and weights; None for its own.

        Raises:
            InputError: It cannot be written, or the way inside of the run folder is a link.
        """
        path = store.path_of(self.run if run is None else run, self.card.backend)
        tensors = packed(self.rows, self.values)
        # as it will be read: JSON has no tuples
        document = json.loads(json.dumps(self.card.model_dump(mode="json")))
        document["table"] = digest_of(document, tensors)
        try:
            require_no_link(path.parent).mkdir(exist_ok=True)
            write_tensors(require_no_link(path), tensors, {"card": document})
        except OSError as error:
            raise InputError(
                f"{shown_path(path)}: cannot write the surrogate ({error.strerror}); is the disk "
                "full, or the folder read-only?"
            ) from None
        self.card = self.card.model_copy(update={"table": document["table"]})
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
        values = self.table.at(_real(data))[:, columns].to(data)
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
            return self.table.errors_at(_real(data))[:, columns].to(data)

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
                    f"{self._of()}: was measured with other {what} than the model has, and is of "
                    f"one circuit with its weights: `{self.card.command(str(self.run))}` if it is "
                    "this run's; for another run's model distil that run"
                )
        unknown = [word for word in observables if word not in self._columns]
        if unknown:
            raise InputError(
                f"{self._of()}: {unknown[0]} was not measured, only {len(self._columns)} words "
                f"such as {self.card.observables[0]}; `{self.card.command(str(self.run))}`"
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


def _fitting(path: Path, then: str) -> AbstractContextManager[None]:
    """Whatever is wrong with numbers beside a card becomes one line."""

    def into(error: Exception) -> InputError:
        said = one_line(error, 160) or type(error).__name__
        return InputError(f"{shown_path(path)}: its numbers do not fit its card ({said}); {then}")

    return translated(into)


def _real(data: Tensor) -> Tensor:
    """As the table takes it: on the CPU, in single or double precision."""
    return data.to("cpu", torch.promote_types(data.dtype, torch.float32))
