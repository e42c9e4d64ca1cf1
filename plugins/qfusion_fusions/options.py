"""Options of the fusion, checked when the YAML is read. Imports no torch."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

import qfusion_core


class ConcatOptions(qfusion_core.Options):
    """Options of `concat`."""

    hidden: tuple[Annotated[int, Field(ge=1, le=16_384)], ...] = Field(
        (64,),
        max_length=64,
        description="widths of the layers; the last is the output; [] = no layer",
    )
    dropout: float = Field(0.1, ge=0, lt=1, description="after each layer but the last")
