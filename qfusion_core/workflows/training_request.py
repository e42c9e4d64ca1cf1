"""What is to be trained, on what and where: read and checked before anything is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.config.arguments import refused, require_backend, require_text, texts
from qfusion_core.config.presets import compose
from qfusion_core.config.spec import RunSpec
from qfusion_core.config.torch_name import require_torch_name
from qfusion_core.errors import InputError
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import shown_path
from qfusion_core.runs.folder import dataset_of
from qfusion_core.workflows.limits import LARGEST_SEED, whole
from qfusion_core.workflows.noise_snapshot import with_figures

if TYPE_CHECKING:
    import torch

    from qfusion_core.data.split import Split
    from qfusion_core.interfaces.device import Device
    from qfusion_core.remote.adapter.measurement import Measurement


@dataclass(frozen=True)
class TrainingRequest:
    """What the arguments of `train` say.

    Attributes:
        spec: The run specification.
        name: Of a run folder that nobody has named.
        backends: The file that is in force.
        backend: Name of an entry, or an open device.
        torch_device: What torch calls it, or ``auto``.
        registry: Where components are looked up.
    """

    spec: RunSpec
    name: str
    backends: Backends
    backend: str | Device
    torch_device: str
    registry: Registry

    @classmethod
    def of(
        cls,
        data: str | RunSpec,
        preset: str | Path | None,
        parts: Mapping[str, str | None],
        settings: str | Iterable[str],
        seed: int | None,
        backend: str | Device | None,
        torch_device: str,
        backends_file: str | Path | None,
    ) -> TrainingRequest:
        """Read and checked; torch is not imported. Arguments are as of `train`.

        Raises:
            InputError: An argument of another kind; an unknown name, key or value.
        """
        _require_kinds(data, parts, backend)
        require_torch_name(torch_device)
        settings = texts("settings", settings, 'texts, such as ["training.epochs=20"]')
        seed = None if seed is None else whole("seed", seed, 0, LARGEST_SEED)
        backends, registry = Backends.read(backends_file), Registry()
        backend = backends.default if backend is None else backend
        if isinstance(backend, str):
            backends.options(backend, registry)
        if isinstance(data, RunSpec):
            _refuse_beside(preset=preset, **parts, settings=settings or None, seed=seed)
            name = f"{data.data.type}-seed{data.training.seed}"
            return cls(data, name, backends, backend, torch_device, registry)
        preset, seeds = preset or "strong", [] if seed is None else [f"training.seed={seed}"]
        spec = compose(
            str(preset),
            data,
            **parts,
            settings=[*settings, *seeds],
            registry=registry,
        )
        name = f"{spec.data.type}-{Path(preset).stem}-seed{spec.training.seed}"
        return cls(spec, name, backends, backend, torch_device, registry)

    def require_source(self) -> None:
        """Look whether the data are where they are said to be; nothing is read or opened.

        Raises:
            InputError: They are not.
        """
        dataset_of(self.spec.data, self.registry).require_source()

    def open(self, run: Measurement | None = None) -> tuple[Device, torch.device]:
        """The open backend and the torch device: what they lack is said before data are read.

        Args:
            run: Where a backend that costs money writes its jobs down.

        Raises:
            InputError: One of them cannot be used here.
        """
        device = self.backend
        if isinstance(device, str):
            device = open_named(self.backends, device, self.registry, run)

        from qfusion_core.model.torch_device import usable_torch_device

        return device, usable_torch_device(self.torch_device)

    def load(self) -> tuple[RunSpec, Split]:
        """The specification with the figures of the noise that it names, and its data.

        Raises:
            InputError: They cannot be had.
        """
        spec = with_figures(self.spec, self.backends, self.registry)
        return spec, dataset_of(spec.data, self.registry).load(seed=spec.training.seed)


def _require_kinds(data: Any, parts: Mapping[str, Any], backend: Any) -> None:
    """What is no data set, no name of a component or no backend."""
    if not isinstance(data, str | RunSpec):
        file = f'; did you mean "file:{shown_path(data)}"?' if isinstance(data, Path) else ""
        expected = 'a data set as on the command line, such as "wine", or a RunSpec'
        raise InputError(f"{refused('data', data, expected)}{file}")
    for part, name in parts.items():
        require_text(part, name, "the name of a component, as `qfusion plugins` lists it, or None")
    require_backend(backend)


def _refuse_beside(**arguments: object) -> None:
    """What a whole specification says itself is not said a second time."""
    if names := [name for name, value in arguments.items() if value is not None]:
        raise InputError(
            f"{', '.join(names)}: not beside a RunSpec, which says it itself; change the "
            "specification (`spec.model_copy`), or give the name of a data set"
        )
