"""``config.yaml`` of a run folder: everything about a model but its numbers."""

from __future__ import annotations

from math import prod
from typing import Literal, Self

from pydantic import ConfigDict, Field, PositiveInt, model_validator
from typing_extensions import TypedDict

from qfusion_core.config.spec import RunSpec
from qfusion_core.data.schema import TableColumn, width_of
from qfusion_core.options import Options

FORMAT = 1
_MOST_VALUES = 2**24  # of one sample: an image of 4096 x 4096


class RefitRecord(TypedDict):
    """What a model was trained again on."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    backend: str
    run: str
    rows: str


class Provenance(TypedDict, total=False):
    """What is known of the making of a model; texts are as they were written."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    commit: str | None
    versions: dict[str, str]
    refit: RefitRecord
    torch_device: str


class RunConfig(Options):
    """What a run folder says of its model.

    Attributes:
        features: Names of the columns of a table; none of images.
        columns: What the training learned of them; none in runs of before 0.2.
        data_digest: Of the split; `evaluate` refuses data that has changed since.
    """

    format: Literal[1]
    spec: RunSpec
    input_shape: tuple[PositiveInt, ...] = Field(min_length=1, max_length=4)
    classes: tuple[str, ...] = Field(min_length=2)
    features: tuple[str, ...]
    columns: tuple[TableColumn, ...] = Field(default=(), max_length=100_000)
    data_source: str
    data_digest: str
    provenance: Provenance

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        if self.columns and tuple(column.name for column in self.columns) != self.features:
            raise ValueError("columns: expected one for each of the features, in their order")
        width = width_of(self.columns) if self.columns else len(self.features)
        if self.features and self.input_shape != (width,):
            raise ValueError(f"{width} features for an input_shape of {list(self.input_shape)}")
        if prod(self.input_shape) > _MOST_VALUES:
            raise ValueError(f"an input_shape of {list(self.input_shape)} is too large")
        return self
