"""A backends.yaml to write."""

from pathlib import Path

import pytest

from qfusion_core import InputError, trust
from qfusion_core.backends.file import Backends
from support.places import THIRD_PARTY


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes ./backends.yaml in an empty folder and reads it; the device `cloud` is installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QFUSION_BACKENDS", raising=False)
    monkeypatch.syspath_prepend(THIRD_PARTY / "cloud")

    def _written(text):
        Path("backends.yaml").write_text(text)
        try:
            trust("backends.yaml")
        except InputError:  # it is no YAML: reading it says so
            return Backends.read("backends.yaml")
        return Backends.read()

    return _written
