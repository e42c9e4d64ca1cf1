"""The device `surrogate`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

import qfusion_core
from qfusion_core import Circuit, Device, InputError, Surrogate, note
from qfusion_surrogate.options import SurrogateOptions


class SurrogateDevice(Device):
    """What a backend would give, from what `qfusion distil` measured there once: sends nothing.

    Of one circuit with its weights, and differentiable in the data alone.
    """

    name = "surrogate"
    Options = SurrogateOptions
    rows_per_call = None  # it splits them itself
    stored = True
    largest = math.inf  # shots of the grid carry a value past 1

    def __init__(
        self, options: SurrogateOptions, credentials: qfusion_core.Credentials | None = None
    ) -> None:
        self.surrogate = Surrogate.read(Path(options.run).expanduser(), options.of)
        card = self.surrogate.card
        if options.measured not in (None, card.measured):
            raise InputError(
                f"surrogate of {options.of!r}: measured {card.measured}, expected "
                f"{options.measured}; change the option measured, or leave it out"
            )
        if not card.check.sound:  # whoever uses it, and however quietly
            note(f"surrogate of {card.backend!r}: {card.check.meaning}; {card.again(options.run)}")
        self.shots, self.max_wires = card.shots, len(card.observables[0])

    @classmethod
    def example(cls) -> SurrogateOptions:
        """Of a run that is not there: it opens only where one was distilled."""
        return SurrogateOptions(run="runs/wine", of="ibm-noisy")

    def notices(self) -> Sequence[str]:
        """How old it is, and what its check says."""
        return self.surrogate.notices()

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """See `qfusion_core.Surrogate`."""
        return self.surrogate.expectations(circuit, data, weights, observables)

    def standard_errors(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """See `qfusion_core.Surrogate`."""
        return self.surrogate.standard_errors(circuit, data, weights, observables)
