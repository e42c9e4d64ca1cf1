from __future__ import annotations

import torch

from qfusion_core.testing import FusionContract
from qfusion_fusions.concat import Concat


class TestBypass(FusionContract):
    component = Concat

    def options(self):
        return Concat.Options(hidden=())


class TestDeep(FusionContract):
    component = Concat

    def options(self):
        return Concat.Options(hidden=(16, 8), dropout=0.5)


def test_without_layers_both_sides_stand_side_by_side():
    fusion = Concat(Concat.Options(hidden=()), classical_shape=(2, 3), quantum_shape=(4, 1))
    classical, quantum = torch.randn(5, 2, 3), torch.randn(5, 4, 1)
    output = fusion(classical, quantum)
    assert torch.equal(output.features, torch.cat([classical.flatten(1), quantum.flatten(1)], 1))
    assert output.attention is None
    assert fusion.out_dim == 10


def test_the_last_layer_is_the_output():
    fusion = Concat(Concat.Options(hidden=(16, 8)), classical_shape=(2, 3), quantum_shape=(4, 1))
    assert fusion.out_dim == 8
