"""Opens PennyLane devices, after checking what their constructors would swallow."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from typing import Any

import numpy as np

from qfusion_core import InputError, did_you_mean, installed_path, one_line
from qfusion_pennylane.catalogue import Traits

# what qfusion sets by itself, and where else it can be set
_OURS = {
    "wires": "the circuit says how many; `wires` beside `device` limits them",
    "shots": "set `shots` beside `device`",
    "seed": "set `seed` beside `device`",
    "seed_simulator": "set `seed` beside `device`",
    "analytic": "leave out `shots` for exact values",
}


def installed() -> dict[str, EntryPoint]:
    """PennyLane's devices in this environment, by name; none is imported."""
    entries: dict[str, EntryPoint] = {}
    for distribution in distributions(path=installed_path()):
        for entry in distribution.entry_points.select(group="pennylane.plugins"):
            entries.setdefault(entry.name, entry)
    return entries


def check_options(name: str, options: Mapping[str, Any], traits: Traits, constructor: type) -> None:
    """Compare options with the constructor's arguments.

    Raises:
        InputError: An option that the constructor does not know, or that is qfusion's to set.
    """
    parameters = inspect.signature(constructor).parameters.values()
    arguments = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    accepted = (arguments | traits.keywords) - set(_OURS)
    if name.startswith("qiskit."):  # `method` says the same, and is checked against `shots`
        accepted -= {"backend"}
    for option in options:
        if option in _OURS:
            raise InputError(f"pennylane: {name}: options.{option}: {_OURS[option]}")
        if option not in accepted:
            swallowed = " (the device would ignore it in silence)" if open_ended else ""
            raise InputError(
                f"pennylane: {name}: unknown option {one_line(repr(option), 60)}{swallowed}; "
                f"{did_you_mean(option, accepted)}"
            )


class Opener:
    """Makes devices of one kind, each with the next seed of the stream."""

    def __init__(
        self, name: str, options: Mapping[str, Any], traits: Traits, seed: int | None
    ) -> None:
        """Import the device and check its options; nothing is constructed yet."""
        entry = installed()[name]
        try:
            constructor = entry.load()
        except Exception as error:
            raise InputError(
                f"pennylane: device {name!r} of {_distribution(entry)} does not load: "
                f"{type(error).__name__}: {_one_line(error)}; repair or remove that package"
            ) from error
        check_options(name, options, traits, constructor)
        self._name, self._options, self._traits = name, dict(options), traits
        self._added: dict[str, Any] = {}
        self._seeds = None if seed is None else np.random.default_rng(seed)

    def add(self, **keywords: Any) -> None:
        """Set constructor arguments that are not the user's."""
        self._added |= keywords

    def __call__(self, n_wires: int) -> Any:
        """A new device on ``n_wires`` wires."""
        import pennylane as qml

        keywords = self._options | self._added | _configuration()
        if "c_dtype" in keywords:
            keywords["c_dtype"] = _complex_type(self._name, keywords["c_dtype"])
        if self._seeds is not None and self._traits.seed:
            keywords[self._traits.seed] = int(self._seeds.integers(2**31))
        try:
            return qml.device(self._name, wires=n_wires, **keywords)
        except Exception as error:
            raise InputError(
                f"pennylane: {self._name} refused {self._options}: {_one_line(error)}"
            ) from error


def _configuration() -> dict[str, Any]:
    """No configuration where PennyLane, imported before qfusion, has the working directory's."""
    from pennylane import default_config

    path = default_config.path or ""
    return {"config": None} if Path(path).parent == Path() else {}


def _complex_type(name: str, value: object) -> type:
    # a numpy type, which YAML cannot write; some devices notice a bad one in the first batch only
    types = {"complex64": np.complex64, "complex128": np.complex128}
    if str(value) not in types:
        raise InputError(
            f"pennylane: {name}: options.c_dtype: expected one of {', '.join(types)}, got {value!r}"
        )
    return types[str(value)]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
