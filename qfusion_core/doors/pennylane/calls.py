"""Calls of a backend for rows of angles: values of Pauli words, and what angles change of them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import RLock
from typing import NamedTuple

import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.parameter_shift import shifted_slopes
from qfusion_core.errors import QfusionError
from qfusion_core.interfaces.device import NO_GRADIENTS, BlackBoxDevice, Device

Key = tuple[object, ...]
KEPT = 2**28  # bytes that are remembered: values of passes forward, until those back


class Rows(NamedTuple):
    """Rows of angles of one template, and what is measured of each.

    Attributes:
        circuit: The template.
        angles: ``[rows, n_angles]`` in radians, float64.
        words: Pauli words.
        shots: None: exact values, or as many as the backend takes.
    """

    circuit: Circuit
    angles: Tensor
    words: tuple[str, ...]
    shots: int | None

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to measure."""
        return not (self.words and len(self.angles))

    def key(self) -> Key:
        """Equal for equal rows."""
        numbers = hashlib.sha256(self.angles.numpy().tobytes()).digest()
        return self.circuit, self.words, self.shots, tuple(self.angles.shape), numbers


def values_of(device: Device, rows: Rows) -> Tensor:
    """Values ``[rows, words]`` of a device, in float64."""
    if rows.nothing:
        return rows.angles.new_zeros(len(rows.angles), len(rows.words))
    return _all(device, rows, rows.angles)


class Calls:
    """Calls of one backend.

    A machine that cannot be differentiated through is asked once forward and once back: what it
    answered forward is remembered for it, and what it answered back serves every cotangent.
    Threads take turns.

    Args:
        device: Gives the device for a number of shots.
    """

    def __init__(self, device: Callable[[int | None], Device]) -> None:
        self._device, self._turn = device, RLock()
        self._values: OrderedDict[Key, Tensor] = OrderedDict()
        self._slopes_by_key: OrderedDict[Key, Tensor] = OrderedDict()

    def foresee(self, rows: Rows, columns: Sequence[int]) -> None:
        """Tell of values that will be asked for: what a loop costs is said before any of it.

        Args:
            rows: The point.
            columns: Of the angles whose derivatives will be asked for.

        Raises:
            QfusionError: The backend has no gradients.
        """
        device = self._device(rows.shots)
        if not isinstance(device, BlackBoxDevice) or rows.nothing:
            return
        if columns and not device.shiftable:
            raise QfusionError(f"{device.name}: {NO_GRADIENTS}")
        trained = torch.tensor(columns, dtype=torch.long)
        with self._turn:
            device.foresee(rows.circuit, rows.angles, trained, rows.words)

    def values(self, rows: Rows) -> Tensor:
        """Values ``[rows, words]`` in float64, measured now."""
        with self._turn:
            device, values = self._device(rows.shots), self._ask(rows)
            if isinstance(device, BlackBoxDevice):
                key = rows.key()
                _remember(self._values, key, values)
                for old in [old for old in self._slopes_by_key if old[:-1] == key]:
                    del self._slopes_by_key[old]  # what is measured now has its own slopes
            return values

    def remembered(self, rows: Rows) -> Tensor:
        """Those of the last call with the same rows, or measured now."""
        with self._turn:
            found = self._values.get(rows.key())
            return self.values(rows) if found is None else found

    def _ask(self, rows: Rows) -> Tensor:
        return values_of(self._device(rows.shots), rows)

    def pulled_back(
        self,
        rows: Rows,
        columns: Sequence[int],
        worth: Callable[[Tensor], Tensor],
        *,
        linear: bool,
    ) -> tuple[Tensor, Tensor]:
        """Values, and the product of their cotangents with the derivatives by some angles.

        Args:
            rows: The point.
            columns: Of the angles.
            worth: Of values ``[rows, words]``: the cotangent of each, in their shape.
            linear: Whether that is the same whatever the values are: then a machine that is asked
                through a queue is not asked for them.

        Returns:
            ``[rows, words]`` (zeros where nobody needs them) and ``[rows, columns]``, float64.

        Raises:
            QfusionError: The backend has no gradients.
        """
        if rows.nothing or not columns:
            values = self._zeros(rows) if linear else self.remembered(rows)
            return values, rows.angles.new_zeros(len(rows.angles), len(columns))
        device = self._device(rows.shots)
        if isinstance(device, BlackBoxDevice):
            with self._turn:
                slopes = self._slopes(rows, tuple(columns), device)
                values = self._zeros(rows) if linear else self.remembered(rows)
            return values, torch.einsum("crw,rw->rc", slopes, worth(values))
        with torch.enable_grad():
            angles = rows.angles.clone().requires_grad_()
            values = _all(device, rows, angles)
            (gradient,) = torch.autograd.grad(values, angles, worth(values.detach()))
        return values.detach(), gradient[:, list(columns)]

    @staticmethod
    def _zeros(rows: Rows) -> Tensor:
        return rows.angles.new_zeros(len(rows.angles), len(rows.words))

    def _slopes(self, rows: Rows, columns: tuple[int, ...], device: BlackBoxDevice) -> Tensor:
        """Derivatives of all values by the angles: ``[columns, rows, words]``, measured once."""
        key = (*rows.key(), columns)
        found = self._slopes_by_key.get(key)
        if found is None:
            if not device.shiftable:
                raise QfusionError(f"{device.name}: {NO_GRADIENTS}")

            def run(shifted: Tensor) -> Tensor:
                return self._ask(rows._replace(angles=shifted))

            found = shifted_slopes(run, rows.angles, torch.tensor(columns))
            _remember(self._slopes_by_key, key, found)
        return found


def _all(device: Device, rows: Rows, angles: Tensor) -> Tensor:
    """Values ``[rows, words]`` in float64, in as many calls as the device wants."""
    parts = [
        device.expectations(rows.circuit, part, angles.new_zeros(0), rows.words)
        for part in device.split_rows(angles)
    ]
    return torch.cat(parts).double()


def _remember(kept: OrderedDict[Key, Tensor], key: Key, values: Tensor) -> None:
    kept[key] = values
    kept.move_to_end(key)
    size = sum(each.nbytes for each in kept.values())
    while size > KEPT and len(kept) > 1:
        size -= kept.popitem(last=False)[1].nbytes
