"""The little of OpenQASM that tasks hold, simulated with numpy."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

_LINE = re.compile(r"(\w+)(?:\(([^)]*)\))? (.*);")
_FIXED = {
    "x": [[0, 1], [1, 0]],
    "y": [[0, -1j], [1j, 0]],
    "z": [[1, 0], [0, -1]],
    "h": np.array([[1, 1], [1, -1]]) / np.sqrt(2),
    "s": [[1, 0], [0, 1j]],
    "si": [[1, 0], [0, -1j]],
}
_AXIS = {"rx": "x", "ry": "y", "rz": "z"}


def probabilities(source: str, inputs: Mapping[str, float]) -> np.ndarray:
    """Of each bit string; the first bit is that of the first qubit.

    Args:
        source: A program that declares one register and measures every qubit of it.
        inputs: A number for each of its inputs.

    Raises:
        ValueError: A line that is not known here.
    """
    found = re.search(r"qubit\[(\d+)\]", source)
    if found is None:
        raise ValueError("no register")
    wires = int(found[1])
    state = np.zeros((2,) * wires, dtype=complex)
    state[(0,) * wires] = 1
    for line in source.splitlines()[1:]:
        if line.startswith(("input ", "bit[", "qubit[", "b[")):
            continue
        read = _LINE.fullmatch(line.strip())
        if read is None:
            raise ValueError(f"unknown line {line!r}")
        name, angle, where = read[1], read[2], [int(n) for n in re.findall(r"\[(\d+)\]", read[3])]
        state = _applied(state, name, _angle(angle, inputs), where)
    return (np.abs(state) ** 2).ravel()


def _applied(state: np.ndarray, name: str, angle: float, where: list[int]) -> np.ndarray:
    if name in ("cz", "cnot"):
        inner = np.array(_FIXED["z" if name == "cz" else "x"])
        other = state.copy()
        chosen: list[slice | int] = [slice(None)] * state.ndim
        chosen[where[0]] = 1
        half = np.moveaxis(state[tuple(chosen)], where[1] - (where[1] > where[0]), 0)
        turned = np.tensordot(inner, half, 1)
        other[tuple(chosen)] = np.moveaxis(turned, 0, where[1] - (where[1] > where[0]))
        return other
    if name in _AXIS:
        pauli = np.array(_FIXED[_AXIS[name]])
        matrix = np.cos(angle / 2) * np.eye(2) - 1j * np.sin(angle / 2) * pauli
    else:
        matrix = np.array(_FIXED[name])
    return np.moveaxis(np.tensordot(matrix, state, ([1], [where[0]])), 0, where[0])


def _angle(text: str | None, inputs: Mapping[str, float]) -> float:
    if not text:
        return 0.0
    if text in inputs:
        return float(inputs[text])
    parts = re.fullmatch(r"(-?)pi(?:/(\d+))?", text)
    if parts is None:
        raise ValueError(f"unknown angle {text!r}")
    return float(np.pi / int(parts[2] or 1)) * (-1 if parts[1] else 1)
