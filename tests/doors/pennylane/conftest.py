"""The loopback machine under QNodes: its file of backends, in the working directory."""

import pytest

from qfusion_core.config.trust import trust
from support import keys
from support.queue_fixtures import NOISY_BACKENDS


@pytest.fixture
def queue_file(machine, installed, tmp_path, monkeypatch):
    """Writes the file, with some texts of it replaced by others."""
    monkeypatch.setenv("QUEUE_TOKEN", keys.QUEUE)
    monkeypatch.delenv("QFUSION_BACKENDS", raising=False)
    monkeypatch.chdir(tmp_path)

    def _queue_file(*replaced, more=""):
        text = NOISY_BACKENDS.format(url=machine.url)
        for before, after in replaced:
            text = text.replace(before, after)
        (tmp_path / "backends.yaml").write_text(text + more)
        trust(tmp_path / "backends.yaml")

    return _queue_file
