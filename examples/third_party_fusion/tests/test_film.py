"""The contract of every fusion, and what is special about this one."""

import torch

from qfusion_core.testing import FusionContract
from qfusion_film import Film


class TestFilm(FusionContract):
    component = Film


def test_no_modulation_leaves_the_classical_tokens():
    film = Film(Film.Options(), classical_shape=(3, 8), quantum_shape=(6, 1))
    torch.nn.init.zeros_(film.modulation[-1].weight)
    torch.nn.init.zeros_(film.modulation[-1].bias)
    classical = torch.randn(5, 3, 8)
    features = film(classical, torch.randn(5, 6, 1)).features
    torch.testing.assert_close(features, classical.flatten(1))
