"""Contracts of both kinds of encoder."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.testing.module import ModuleContract
from qfusion_core.testing.reference import ReferenceDevice


class ClassicalEncoderContract(ModuleContract):
    """Promises of a classical encoder.

    Attributes:
        component: The class under test.
        input_shapes: A table and images. What the encoder cannot read it must refuse with an
            `InputError`, and it must read one of them.
    """

    input_shapes: ClassVar[tuple[tuple[int, ...], ...]] = ((12,), (1, 16, 16), (3, 20, 24))

    def cases(self) -> list[Any]:
        """The input shapes that the encoder accepts."""
        return self.accepted(self.input_shapes)

    def build(self, case: Any) -> nn.Module:
        """An encoder for inputs of this shape."""
        module: nn.Module = self.component(self.options(), input_shape=case)
        return module

    def inputs(self, case: Any, batch: int) -> tuple[Tensor, ...]:
        """Standard normal features."""
        return (torch.randn(batch, *case),)

    def shape(self, module: Any, batch: int) -> tuple[int, ...]:
        """``(batch * members, c_tokens, c_dim)``; members of a sample stand together."""
        return (batch * module.members, *module.output_shape)


class QuantumEncoderContract(ModuleContract):
    """Promises of a quantum encoder; circuits run on a `ReferenceDevice`."""

    def cases(self) -> list[Any]:
        """Numbers of features that the encoder accepts."""
        return self.accepted([1, 2, 3])

    def device(self) -> Device:
        """Where circuits run: override to test on another device."""
        return ReferenceDevice(ReferenceDevice.example())

    def build(self, case: Any) -> nn.Module:
        """An encoder for this number of features."""
        encoder: nn.Module = self.component(self.options(), n_features=case)
        if isinstance(encoder, CircuitEncoder):
            encoder.device = self.device()
        return encoder

    def inputs(self, case: Any, batch: int) -> tuple[Tensor, ...]:
        """Standard normal features."""
        return (torch.randn(batch, case),)

    def shape(self, module: Any, batch: int) -> tuple[int, ...]:
        """``(batch, q_tokens, q_dim)``."""
        return (batch, *module.output_shape)

    def test_tokens_tell_samples_apart(self) -> None:
        """Different features, different tokens."""
        for case, module in self.modules():
            module.eval()
            first, second = (self.output(module, self.inputs(case, 1)) for _ in range(2))
            assert not torch.allclose(first, second), f"{case} features: the tokens are constant"

    def test_the_device_is_in_no_checkpoint(self) -> None:
        """A saved model says nothing about where it runs."""
        for case, module in self.modules():
            names = [*module.state_dict(), *(name for name, _ in module.named_modules())]
            assert not any("device" in name for name in names), f"{case}: {names}"
