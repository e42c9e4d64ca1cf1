"""The device `pennylane`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

import qfusion_core
from qfusion_core import (
    BlackBoxDevice,
    Circuit,
    Device,
    InputError,
    QfusionError,
    require_finite,
    require_wires,
)
from qfusion_pennylane import aer
from qfusion_pennylane.catalogue import brings, is_vendors, traits
from qfusion_pennylane.execution import Adjoint, TapeProgram, execute, rows_at_once
from qfusion_pennylane.opening import Opener, installed
from qfusion_pennylane.options import PennyLaneOptions


class PennyLane(Device):
    """Any PennyLane device on this machine, by its name."""

    name = "pennylane"
    Options = PennyLaneOptions

    @classmethod
    def example(cls) -> PennyLaneOptions:
        """PennyLane's own simulator."""
        return PennyLaneOptions(device="default.qubit")

    @classmethod
    def packages(cls, options: qfusion_core.Options) -> list[str]:
        """PennyLane, and the package of the device; a missing one is said when it is opened."""
        assert isinstance(options, cls.Options)
        entry = installed().get(options.device)
        distribution = entry.dist.name.lower() if entry and entry.dist else brings(options.device)
        return list(dict.fromkeys(["pennylane", distribution or "pennylane"]))

    @classmethod
    def runs_here(cls, options: qfusion_core.Options) -> bool:
        """Unless it is not known to, and somebody has acknowledged that."""
        assert isinstance(options, cls.Options)
        return options.remote is None

    @classmethod
    def opens_lightly(cls, options: qfusion_core.Options) -> bool:
        """PennyLane's own simulators."""
        assert isinstance(options, cls.Options)
        return not is_vendors(options.device)

    def __init__(
        self, options: PennyLaneOptions, credentials: qfusion_core.Credentials | None = None
    ) -> None:
        self.shots, self.max_wires = options.shots, options.wires
        self._name = options.device
        self._traits = device_traits = traits(
            self._name, installed=installed(), acknowledged=options.remote == "acknowledged"
        )
        self._check_draws(options)
        opener = Opener(self._name, options.options, device_traits, options.seed)
        if self._name == "qiskit.aer":
            method = aer.method(options.options, shots=options.shots, seed=options.seed)
            opener.add(method=method, compile_backend=aer.fixed_target(method))
        # a seed_simulator gives the same draws in each call: the next call needs a new device
        renewed = options.seed is not None and device_traits.seed == "seed_simulator"
        self._open = opener if renewed else lru_cache(maxsize=4)(opener)
        if device_traits.local:
            opener(1)  # refuses a bad value now, not in the first batch
        self._gradient = self._choose_gradient(options)
        self._black_box = _ByParameterShift(self)

    def _check_draws(self, options: PennyLaneOptions) -> None:
        where = f"pennylane: {self._name}"
        if options.shots is None and not self._traits.exact:
            raise InputError(f"{where} has no exact values; set shots")
        if options.seed is None:
            return
        if self._traits.seed is None:
            raise InputError(f"{where} cannot honour a seed: leave it out")
        if options.shots is None:
            raise InputError(f"{where}: seed: exact values draw nothing; set shots, or drop seed")

    def _choose_gradient(self, options: PennyLaneOptions) -> str | None:
        """PennyLane's name of the way to differentiate; None: by parameter shift."""
        from pennylane.devices import ExecutionConfig

        method = options.diff_method
        if method == "parameter-shift" or (method == "auto" and options.shots):
            return None
        if method == "auto":
            return self._traits.gradient
        where = f"pennylane: {self._name}: diff_method {method!r}"
        if options.shots:
            raise InputError(f"{where} needs exact values; use parameter-shift, or drop shots")
        if not self._open(1).supports_derivatives(ExecutionConfig(gradient_method=method)):
            raise InputError(f"{where} is not supported by this device; use auto")
        return method

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """See `qfusion_core.Device`. Computed in float64, whatever the data's dtype."""
        if self._gradient is None:
            return self._black_box.expectations(circuit, data, weights, observables)
        self._refuse_transforms(data, weights)
        circuit.check(data, weights, observables)
        require_wires(self, circuit.n_wires)
        require_finite("data", data)
        require_finite("weights", weights)
        if not len(data) or not observables:
            return data.new_zeros(len(data), len(observables))
        angles = circuit.angles(*(tensor.to("cpu", torch.float64) for tensor in (data, weights)))
        task = self.task(circuit, observables)
        if self._gradient == "adjoint":
            # torch does not annotate it
            values: Tensor = Adjoint.apply(angles, task)  # type: ignore[no-untyped-call]
        else:
            values = execute(task, angles, self._gradient)
        return values.to(data)

    def _refuse_transforms(self, *tensors: Tensor) -> None:
        """`torch.func` works by backprop alone, and without vmap: numbers are looked at."""
        batched = any(map(torch._C._functorch.is_batchedtensor, tensors))
        other = self._gradient != "backprop" and torch._C._are_functorch_transforms_active()
        if batched or other:
            which = "vmap" if batched else "grad, vmap, jvp, ..."
            raise QfusionError(
                f"pennylane: {self._name}: no torch.func ({which}); use torch.autograd, and rows "
                "of data for vmap"
            )

    def task(self, circuit: Circuit, observables: Sequence[str]) -> TapeProgram:
        """What to run, on the device that is to run it."""
        return TapeProgram(
            self._open(circuit.n_wires),
            self._name,
            circuit,
            tuple(observables),
            self.shots,
            self._traits.broadcasts,
        )


class _ByParameterShift(BlackBoxDevice):
    """The same device without its own way to differentiate."""

    name = PennyLane.name

    def __init__(self, device: PennyLane) -> None:
        self._device = device
        self.shots, self.max_wires = device.shots, device.max_wires

    def evaluate(self, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> Tensor:
        """See `qfusion_core.BlackBoxDevice`."""
        parts = angles.to("cpu", torch.float64)
        task = self._device.task(circuit, observables)
        if not task.shots:
            return execute(task, parts)
        first, *others = parts.split(rows_at_once(task))
        # a task of its own for each: a device with a fixed seed would draw the same again
        return torch.cat(
            [
                execute(task, first),
                *(execute(self._device.task(circuit, observables), part) for part in others),
            ]
        )
