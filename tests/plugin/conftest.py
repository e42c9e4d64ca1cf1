"""A distribution that offers names with places, and one that offers the same name."""

import sys

import pytest

from qfusion_core import Registry

OPTIONS = """
from pydantic import Field
import qfusion_core

class Soft(qfusion_core.Options):
    steps: int = Field(2, description="how many")
"""
FUSION = """
import acme_options
import qfusion_core
from acme_options import Soft

class Named(qfusion_core.Fusion):
    name = "named"
    Options = Soft

    def forward(self, classical, quantum):
        return qfusion_core.FusionOutput(classical.flatten(1))

class Other(Named):
    name = "other"
    Options = qfusion_core.Options

class Twin(Named):
    pass
"""
PLUGIN = """
import qfusion_core
from qfusion_core import Offer

@qfusion_core.hookimpl
def qfusion_{kind}s():
    return {offers}
"""
PACKAGE = "import acme_sdk_that_nobody_has"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A registry that sees our plugins and one that offers this."""

    def _install(offers, kind="fusion"):
        info = tmp_path / "acme-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[qfusion]\nacme = acme_plugin\n")
        (tmp_path / "acme_options.py").write_text(OPTIONS)
        (tmp_path / "acme_fusion.py").write_text(FUSION)
        (tmp_path / "acme_broken.py").write_text("raise RuntimeError('not today')")
        (tmp_path / "acme_package" / "inner").mkdir(parents=True)
        (tmp_path / "acme_package" / "__init__.py").write_text(PACKAGE)
        (tmp_path / "acme_package" / "inner" / "fusion.py").write_text(FUSION)
        (tmp_path / "acme_plugin.py").write_text(PLUGIN.format(kind=kind, offers=offers))
        monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
        return Registry()

    yield _install
    for name in [each for each in sys.modules if each.startswith(("acme_", "rival_"))]:
        del sys.modules[name]


@pytest.fixture
def rival(tmp_path):
    """Installs a second distribution, which offers a fusion of the same name."""

    def _rival(component, options="rival_fusion:Soft"):
        info = tmp_path / "rival-2.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 2.0\n")
        (info / "entry_points.txt").write_text("[qfusion]\nrival = rival_plugin\n")
        (tmp_path / "rival_fusion.py").write_text(OPTIONS + FUSION)
        offers = f"{{'named': Offer({component!r}, {options!r})}}"
        (tmp_path / "rival_plugin.py").write_text(PLUGIN.format(kind="fusion", offers=offers))

    return _rival
