"""The rows of a surrogate: drawn, measured, judged, compared with those before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
from torch import Tensor

from qfusion_core.errors import InputError, QfusionError
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.classifier import FusionClassifier, circuit_of
from qfusion_core.provenance import provenance
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.surrogate.card import Card, later
from qfusion_core.surrogate.check import check, check_exact
from qfusion_core.surrogate.grid import Grid, Rows
from qfusion_core.surrogate.joint_shots import joint_shots
from qfusion_core.surrogate.stored import Surrogate, weights_digest
from qfusion_core.surrogate.table import shot_variance
from qfusion_core.workflows.surrogate_changes import Changes


@dataclass(frozen=True)
class Distilling:
    """What is measured, of which model.

    Attributes:
        run: Folder of the model.
        backend: That is to measure it.
        encoder: With the circuit, in float64.
        rows: Of the job.
        seed: Of what is random.
    """

    run: Path
    backend: str
    encoder: CircuitEncoder
    rows: Rows
    seed: int

    @classmethod
    def of(
        cls,
        model: FusionClassifier,
        run: Path,
        backend: str,
        checks: int | None,
        seed: int,
        max_rows: int,
    ) -> Distilling:
        """Draw the rows.

        Raises:
            InputError: The model has no circuit, or its grid is too large.
        """
        encoder = circuit_of(model, backend)
        model.double().eval()
        grid = Grid.of(encoder.traced, encoder.observables, seed, max_rows)
        return cls(run, backend, encoder, Rows.of(grid, checks, seed), seed)

    @property
    def subject(self) -> str:
        """What the journal calls it."""
        grid, checks = self.rows.grid.rows, len(self.rows.checks)
        return f"grid of {grid} rows and {checks} checks, seed {self.seed}"

    def __str__(self) -> str:
        grid, checks = self.rows.grid.rows, len(self.rows.checks)
        return (
            f"{len(self.rows)} rows: a grid of {grid}, {checks} random ones that check it, and one "
            f"{Rows.REPEATS} times"
        )

    @torch.no_grad()
    def measure(self, device: Device) -> Tensor:
        """Values ``[rows, n_words]`` in float64; of a queue, all in one call."""
        self.encoder.device = device
        parts = device.split_rows(self.rows.data)
        return torch.cat([self._values(device, part) for part in parts])

    def _values(self, device: Device, data: Tensor, words: Sequence[str] | None = None) -> Tensor:
        encoder = self.encoder
        weights = encoder.weights.detach().flatten()
        asked = encoder.observables if words is None else words
        return device.expectations(encoder.traced, data, weights, asked).double()

    @torch.no_grad()
    def judged(
        self,
        device: Device,
        values: Tensor,
        exact: Device | None,
        options: str,
        measurement: Measurement,
    ) -> Surrogate:
        """The surrogate, checked, not yet kept.

        Args:
            device: That measured it.
            values: From `measure`.
            exact: Without noise; None where the device has no shots.
            options: Digest of the device's.
            measurement: With its id.
        """
        encoder, shots, rows = self.encoder, device.shots, self.rows
        if shots is None or exact is None:
            found = check_exact(rows, values)
        else:
            joint = joint_shots(
                encoder.traced,
                encoder.observables,
                rows.data,
                values,
                shot_variance(values, shots),
                lambda data, words: self._values(exact, data, words),
                self.seed,
            )
            found = check(rows, values, shots, joint, self.seed)
        name = measurement.ids.get(self.backend)
        card = Card(
            backend=self.backend,
            device=device.name,
            options=options,
            circuit=encoder.traced.digest(),
            weights=weights_digest(encoder.weights.flatten()),
            observables=encoder.observables,
            shots=shots,
            rows=rows.grid.rows,
            seed=self.seed,
            measurement=name,
            adopted=measurement.adopted,
            check=found,
            table="",
            provenance=provenance(),
            **self._when_and_where(device, name, measurement),
        )
        return Surrogate(self.run, card, rows, values)

    def _before(self) -> Surrogate | None:
        """The one that is there; None where there is none, or it cannot be used."""
        try:
            return Surrogate.read(self.run, self.backend)
        except InputError:
            return None

    def _when_and_where(
        self, device: Device, name: str | None, measurement: Measurement
    ) -> dict[str, str | None]:
        before = self._before()
        if before is not None and name is not None and before.card.measurement == name:
            kept = before.card  # its values are taken again: it is as old as it was
            return {
                "measured": kept.measured, "machine": kept.machine, "calibrated": kept.calibrated,
            }  # fmt: skip
        jobs = [] if name is None else measurement.journal.jobs.all()
        own = [job for job in jobs if job.at.measurement == name]
        ended = [job.ended for job in own if job.ended]
        when = datetime.fromtimestamp(max(ended), UTC) if ended else datetime.now(UTC)
        condition: Mapping[str, str] = {}
        with suppress(QfusionError):  # what is measured is kept all the same
            condition = device.condition()
        sent = [job.sent for job in own if job.sent]
        first = datetime.fromtimestamp(min(sent), UTC) if sent else when
        calibrated = condition.get("calibrated") or None
        if calibrated and later(calibrated, first.isoformat()):
            calibrated = None  # another one held then
        return {
            "measured": when.isoformat(timespec="seconds"),
            "machine": condition.get("machine") or None,
            "calibrated": calibrated,
        }

    def require_newest(self, new: Card) -> None:
        """Nothing older takes the place of a surrogate.

        Raises:
            InputError: Values out of the journal are older than those that are there.
        """
        old = self._before()
        if old is not None and later(old.card.measured, new.measured):
            raise InputError(
                f"{self.backend}: the run has a later surrogate than these values of the journal, "
                f"which `{old.card.command(str(self.run))}` keeps; `{new.again(str(self.run))}` "
                "measures anew"
            )

    def refuse_to_replace(self, options: str) -> None:
        """No surrogate that no journal keeps is replaced unasked.

        Args:
            options: Digest of the device's.

        Raises:
            InputError: There is one, of the same rows of this circuit with its weights.
        """
        if (old := self._before()) is None:
            return
        encoder, card = self.encoder, old.card
        of = encoder.traced.digest(), weights_digest(encoder.weights.flatten())
        asked = (*of, encoder.observables, options, self.seed, len(self.rows.checks))
        if asked == (
            card.circuit, card.weights, card.observables, card.options, card.seed, card.check.rows,
        ):  # fmt: skip
            raise InputError(
                f"{self.backend}: the run has its surrogate, measured {card.measured[:16]}; "
                f"`{card.again(str(self.run))}` measures anew and puts both side by side"
            )

    @torch.no_grad()
    def compared(self, new: Surrogate) -> Changes | None:
        """The one before, beside the new one; None where they are of other circuits."""
        old = self._before()
        same = ("circuit", "weights", "observables")
        if old is None or any(getattr(old.card, n) != getattr(new.card, n) for n in same):
            return None
        if old.card.measured == new.card.measured:
            return None
        at = self.rows.checks
        off = new.table.at(at) - old.table.at(at)
        errors = new.table.errors_at(at).square() + old.table.errors_at(at).square()
        ratio = float((off.square() / errors).mean().sqrt()) if bool((errors > 0).all()) else None
        return Changes(old.card, float(off.square().mean().sqrt()), ratio)
