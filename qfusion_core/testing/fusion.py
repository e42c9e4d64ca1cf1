"""Contract of fusions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from qfusion_core.testing.module import ModuleContract


class FusionContract(ModuleContract):
    """Promises of a fusion, for one and several tokens on either side."""

    def cases(self) -> list[Any]:
        """``((c_tokens, c_dim), (q_tokens, q_dim))``."""
        return [((1, 8), (6, 1)), ((3, 10), (4, 5)), ((1, 64), (1, 1))]

    def build(self, case: Any) -> nn.Module:
        """A fusion of tokens of these shapes."""
        classical, quantum = case
        module: nn.Module = self.component(
            self.options(), classical_shape=classical, quantum_shape=quantum
        )
        return module

    def inputs(self, case: Any, batch: int) -> tuple[Tensor, ...]:
        """Standard normal tokens, as z-scored ones are."""
        return tuple(torch.randn(batch, *shape) for shape in case)

    def output(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
        """The features."""
        features: Tensor = module(*inputs).features
        return features

    def shape(self, module: Any, batch: int) -> tuple[int, ...]:
        """``(batch, out_dim)``."""
        return (batch, module.out_dim)

    def test_attention_is_a_distribution(self) -> None:
        """Where there is attention: ``[batch, heads, queries, keys]``, rows of shares."""
        for case, module in self.modules():
            module.eval()
            attention = module(*self.inputs(case, 7)).attention
            if attention is None:
                continue
            assert attention.ndim == 4 and len(attention) == 7, (
                f"{case}: attention of shape {list(attention.shape)}"
            )
            assert bool((attention >= 0).all()), f"{case}: negative attention"
            torch.testing.assert_close(attention.sum(-1), torch.ones(attention.shape[:-1]))

    def test_both_sides_change_the_features(self) -> None:
        """A fusion that ignores one side is none."""
        for case, module in self.modules():
            module.eval()
            classical, quantum = self.inputs(case, 7)
            others = self.inputs(case, 7)
            features = self.output(module, (classical, quantum))
            for side, inputs in (
                ("classical", (others[0], quantum)),
                ("quantum", (classical, others[1])),
            ):
                changed = self.output(module, inputs)
                assert not torch.allclose(features, changed), f"{case}: ignores the {side} side"
