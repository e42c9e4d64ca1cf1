"""Seeds of a test that asks one question of many random cases."""

import pytest


def seeds(count, usual=3):
    """The first few for the usual run, and the others for a soak: they are of the same kind."""
    more = (pytest.param(seed, marks=pytest.mark.soak) for seed in range(usual, count))
    return [*range(usual), *more]
