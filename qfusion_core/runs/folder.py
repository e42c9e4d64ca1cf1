"""A run folder: one trained model on disk, without a word about where it runs.

``config.yaml`` (specification, names of classes and features, provenance), ``model.safetensors``
(weights and fitted transforms), ``history.jsonl``, ``metrics.json``, ``README.md`` (model card);
while training also ``training.safetensors``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from qfusion_core.config.shell_command import shell_command
from qfusion_core.config.spec import ComponentSpec, RunSpec, validate
from qfusion_core.config.yaml_dump import dump
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.data.formats.marks import UNMARKED
from qfusion_core.data.schema import are_plain
from qfusion_core.errors import InputError, damaged
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import shown_path
from qfusion_core.provenance import provenance
from qfusion_core.runs.address_check import refuse_address
from qfusion_core.runs.claim import cannot_write, new_folder, or_resume, require_free
from qfusion_core.runs.config import FORMAT, Provenance, RunConfig
from qfusion_core.runs.nearby import runs_near
from qfusion_core.runs.required_plugins import asking_for_plugins, plugins_of
from qfusion_core.storage.places import expanded
from qfusion_core.storage.reading import DOCUMENT_LIMIT, read_text
from qfusion_core.storage.writing import write_atomically

if TYPE_CHECKING:
    import numpy as np

    from qfusion_core.data.split import Split
    from qfusion_core.interfaces.dataset import Dataset

__all__ = [
    "RunConfig",
    "RunFolder",
    "dataset_of",
    "digest",
    "load_split",
    "new_folder",
    "require_free",
]


class RunFolder:
    """A run folder that exists; make one by `create` or `open`."""

    def __init__(self, path: Path, config: RunConfig) -> None:
        self.path = path
        self.config = config
        self.model = path / "model.safetensors"
        self.training = path / "training.safetensors"
        self.history = path / "history.jsonl"
        self.metrics = path / "metrics.json"
        self.card = path / "README.md"

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

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
        require_free(path, or_resume(path))
        config = RunConfig(
            format=1,
            spec=spec,
            input_shape=tuple(split.train.x.shape[1:]),
            classes=split.class_names,
            features=split.feature_names,
            columns=split.learned,
            data_source=split.source,
            data_digest=digest(split),
            provenance=cast(
                Provenance,
                {**provenance(), **plugins_of(spec), **_marks(split), **(notes or {})},
            ),
        )
        file = path / "config.yaml"
        try:
            path.mkdir(parents=True, exist_ok=True)
            # made, never opened: of two processes that found the folder empty, one has it
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            raise InputError(f"{shown_path(path)}: exists already; {or_resume(path)}") from None
        except (OSError, ValueError) as error:
            raise cannot_write(path, error) from None
        try:
            write_atomically(file, dump(config.model_dump(mode="json")))
        except OSError as error:
            with contextlib.suppress(OSError):
                file.unlink()
            raise cannot_write(path, error) from None
        return cls(path, config)

    def discard(self) -> None:
        """Take ``config.yaml`` away again where nothing else has been written."""
        with contextlib.suppress(OSError):
            if {path.name for path in self.path.iterdir()} == {"config.yaml"}:
                (self.path / "config.yaml").unlink()

    @classmethod
    def open(cls, path: str | Path, registry: Registry | None = None) -> RunFolder:
        """An existing folder.

        Raises:
            InputError: It is missing, not a run folder, of a newer format, or its configuration
                does not hold.
        """
        path = expanded(path, "run")
        file = path / "config.yaml"
        if not os.path.lexists(file):
            here = os.path.isdir(path)  # noqa: PTH112  (raises nothing)
            there = "a file" if os.path.lexists(path) else "no such folder"
            reason = "no config.yaml in it" if here else there
            raise InputError(
                f"{shown_path(path)}: not a run folder ({reason}); expected the folder that "
                f"`qfusion train` wrote{runs_near(path)}"
            )
        source = YamlDocument.read(file, follow=False)
        file_format = source.get(("format",))
        if isinstance(file_format, int) and file_format > FORMAT:
            raise source.error(
                ("format",),
                f"{file_format} is newer than this qfusion reads ({FORMAT}); upgrade qfusion",
            )
        config = source.validate(RunConfig)
        with asking_for_plugins(source):
            spec = validate(source, ("spec",), registry or Registry())
        return cls(path, config.model_copy(update={"spec": spec}))

    def require_model(self) -> Path:
        """Path of the trained weights.

        Raises:
            InputError: The training has not finished.
        """
        where = shown_path(self.path)
        if os.path.lexists(self.model):
            return self.model
        if os.path.lexists(self.training):
            raise InputError(
                f"{where}: the training has not finished; continue it with "
                f"`{shell_command('train', '--resume', self.path)}`"
            )
        raise InputError(
            f"{where}: model.safetensors is missing; copy the whole folder, or train again"
        )

    def load_split(self, registry: Registry, *, allow_url: bool = False) -> Split:
        """The very rows that the model was trained, chosen and tested on.

        Args:
            registry: Where data sets are looked up.
            allow_url: Whether an address that the folder names may be asked for the data.

        Raises:
            InputError: The data has changed since the training, or would be asked of an address
                that only the folder names.
        """
        import numpy as np

        from qfusion_core.interfaces.dataset import Dataset

        data, seed = self.config.spec.data, self.config.spec.training.seed
        dataset = dataset_of(data, registry)
        if not allow_url and type(dataset).load_again is Dataset.load_again:  # else it sees to it
            refuse_address(self.path / "config.yaml", data, registry)
        learned: dict[str, Any] = {}
        if not are_plain(self.config.columns):
            learned["columns"] = self.config.columns
        split = dataset.load_again(
            seed=seed, class_names=self.config.classes, allow_url=allow_url, **learned
        )
        # until 0.1 features were single precision when they were summed up
        if self.config.data_digest not in (digest(split), digest(split, np.dtype(np.float32))):
            raise InputError(
                f"{shown_path(self.path)}: the data of {data.type!r} is not what the model "
                "was trained on, so its test part may hold training rows; restore the data, or "
                "train again"
            )
        return split

    def read_metrics(self) -> dict[str, Any]:
        """What the training measured; empty before it has finished.

        Raises:
            InputError: The file is damaged, or a link.
        """
        if not os.path.lexists(self.metrics):
            return {}
        text = read_text(self.metrics, DOCUMENT_LIMIT, follow=False)
        with damaged(self.metrics):
            metrics = json.loads(text, parse_constant=lambda word: None)  # NaN is no JSON
            if not isinstance(metrics, dict):
                raise ValueError(f"expected a mapping, got {type(metrics).__name__}")
        return metrics


def load_split(data: ComponentSpec, seed: int, registry: Registry) -> Split:
    """The data set of a specification, split by the run's seed."""
    return dataset_of(data, registry).load(seed=seed)


def dataset_of(data: ComponentSpec, registry: Registry) -> Dataset:
    """The data set of a specification; nothing of it is read."""
    dataset = registry.get("dataset", data.type)
    opened: Dataset = dataset(dataset.Options.model_validate(data.options))
    return opened


def _marks(split: Split) -> dict[str, Any]:
    """What `qfusion predict` must know of the file that the run was trained on."""
    return {} if split.marks == UNMARKED else {"marks": dict(split.marks._asdict())}


def digest(split: Split, dtype: np.dtype[Any] | None = None) -> str:
    """SHA-256 of all rows, in their parts and in order; of features in a precision, if given."""
    import numpy as np

    checksum = hashlib.sha256()
    for part in (split.train, split.validation, split.test):
        checksum.update(json.dumps(part.x.shape).encode())
        with np.errstate(over="ignore"):
            checksum.update((part.x if dtype is None else part.x.astype(dtype)).tobytes())
        checksum.update(part.y.tobytes())
    return checksum.hexdigest()
