"""The example's device is installed, and one with noise."""

import pytest


@pytest.fixture(autouse=True)
def third_parties(installed):
    """For every test here."""
