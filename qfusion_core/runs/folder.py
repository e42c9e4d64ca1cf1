"""A run folder: one trained model on disk, without a word about where it runs.

``config.yaml`` (specification, names of classes and features, provenance), ``model.safetensors``
(weights and fitted transforms), ``history.jsonl``, ``metrics.json``, ``README.md`` (model card);
while training also ``training.safetensors``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, model_validator

from qfusion_core.config.spec import ComponentSpec, RunSpec, validate
from qfusion_core.config.yaml_source import Source
from qfusion_core.data import Split
from qfusion_core.errors import InputError
from qfusion_core.options import Options
from qfusion_core.registry import Registry
from qfusion_core.runs.needed import asking_for_plugins, plugins_of
from qfusion_core.runs.provenance import provenance
from qfusion_core.storage.writing import write_atomically

FORMAT = 1


class Config(Options):
    """``config.yaml``: everything about a model but its numbers.

    Attributes:
        data_digest: Of the split; `evaluate` refuses data that has changed since.
    """

    format: Literal[1]
    spec: RunSpec
    input_shape: tuple[int, ...]
    classes: tuple[str, ...] = Field(min_length=2)
    features: tuple[str, ...]
    data_source: str
    data_digest: str
    provenance: dict[str, Any]

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        if self.features and self.input_shape != (len(self.features),):
            raise ValueError(
                f"{len(self.features)} features for an input_shape of {list(self.input_shape)}"
            )
        return self


class RunFolder:
    """A run folder that exists; make one by `create` or `open`."""

    def __init__(self, path: Path, config: Config) -> None:
        self.path = path
        self.config = config
        self.model = path / "model.safetensors"
        self.training = path / "training.safetensors"
        self.history = path / "history.jsonl"
        self.metrics = path / "metrics.json"
        self.card = path / "README.md"

    @staticmethod
    def require_free(path: Path) -> None:
        """Refuse a path where no new folder can be made.

        Raises:
            InputError: The folder holds something already.
        """
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(
                f"{path}: exists already; choose another --out, or continue it with "
                f"`qfusion train --resume {path}`"
            )

    @classmethod
    def create(
        cls, path: Path, spec: RunSpec, split: Split, notes: Mapping[str, Any] | None = None
    ) -> RunFolder:
        """A new folder with its ``config.yaml``.

        Args:
            path: Of the folder.
            spec: What is trained on what.
            split: The rows.
            notes: Goes into the provenance.

        Raises:
            InputError: The folder holds something already, or cannot be written.
        """
        cls.require_free(path)
        config = Config(
            format=1,
            spec=spec,
            input_shape=tuple(split.train.x.shape[1:]),
            classes=split.class_names,
            features=split.feature_names,
            data_source=split.source,
            data_digest=digest(split),
            provenance={**provenance(), **plugins_of(spec), **(notes or {})},
        )
        text = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
        try:
            path.mkdir(parents=True, exist_ok=True)
            write_atomically(path / "config.yaml", text)
        except OSError as error:
            raise InputError(
                f"{path}: cannot write a run folder there ({error.strerror}); choose another --out"
            ) from None
        return cls(path, config)

    @classmethod
    def open(cls, path: str | Path, registry: Registry | None = None) -> RunFolder:
        """An existing folder.

        Raises:
            InputError: It is missing, not a run folder, of a newer format, or its configuration
                does not hold.
        """
        path = Path(path)
        file = path / "config.yaml"
        if not file.is_file():
            what = "no config.yaml in it" if path.is_dir() else "no such folder"
            raise InputError(
                f"{path}: not a run folder ({what}); expected the folder that `qfusion train` wrote"
            )
        source = Source.read(file)
        found = source.get(("format",))
        if isinstance(found, int) and found > FORMAT:
            raise source.error(
                ("format",),
                f"{found} is newer than this qfusion reads ({FORMAT}); upgrade qfusion",
            )
        config = source.validate(Config)
        with asking_for_plugins(source):
            spec = validate(source, ("spec",), registry or Registry())
        return cls(path, config.model_copy(update={"spec": spec}))

    def require_model(self) -> Path:
        """Path of the trained weights.

        Raises:
            InputError: The training has not finished.
        """
        if self.model.is_file():
            return self.model
        if self.training.is_file():
            raise InputError(
                f"{self.path}: the training has not finished; continue it with "
                f"`qfusion train --resume {self.path}`"
            )
        raise InputError(
            f"{self.path}: model.safetensors is missing; copy the whole folder, or train again"
        )

    def load_split(self, registry: Registry) -> Split:
        """The very rows that the model was trained, chosen and tested on.

        Raises:
            InputError: The data has changed since the training.
        """
        split = load_split(self.config.spec.data, self.config.spec.training.seed, registry)
        if digest(split) != self.config.data_digest:
            raise InputError(
                f"{self.path}: the data of {self.config.spec.data.type!r} is not what the model "
                "was trained on, so its test part may hold training rows; restore the data, or "
                "train again"
            )
        return split

    def read_metrics(self) -> dict[str, Any]:
        """What the training measured; empty before it has finished."""
        return json.loads(self.metrics.read_text()) if self.metrics.is_file() else {}


def load_split(data: ComponentSpec, seed: int, registry: Registry) -> Split:
    """The data set of a specification, split by the run's seed."""
    dataset = registry.get("dataset", data.type)
    split: Split = dataset(dataset.Options.model_validate(data.options)).load(seed=seed)
    return split


def digest(split: Split) -> str:
    """SHA-256 of all rows, in their parts and in order."""
    found = hashlib.sha256()
    for part in (split.train, split.validation, split.test):
        found.update(json.dumps(part.x.shape).encode())
        found.update(part.x.tobytes())
        found.update(part.y.tobytes())
    return found.hexdigest()


def new_folder(path: Path) -> Path:
    """The path itself, or with the first number behind it that is free."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free
