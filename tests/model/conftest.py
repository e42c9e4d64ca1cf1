"""A device that computes, and counts what it is asked."""

import pytest

from support.black_box import BlackBox


@pytest.fixture
def reference():
    return BlackBox()
