"""A range as a price list writes it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from qfusion_core.options import Options


class PriceSpan(Options):
    """From ``low`` to ``high``: an entry of a price list; what is computed from it is a `Range`."""

    low: float = Field(ge=0, description="at least")
    high: float = Field(ge=0, description="at most")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low:g} is above high {self.high:g}")
        return self
