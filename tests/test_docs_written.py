"""What a script of docs writes is what is committed."""

import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]


def test_the_picture_is_what_its_script_draws():
    drawn = runpy.run_path(str(ROOT / "docs" / "pictures" / "draw.py"))["overview"]()
    committed = ROOT / "docs" / "pictures" / "overview.svg"
    assert committed.read_text(encoding="utf-8") == drawn
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"


REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def pages():
    return runpy.run_path(str(REFERENCE / "write.py"))["pages"]()


def test_reference_pages_say_what_the_code_says(pages):
    for file, text in pages.items():
        committed = (REFERENCE / file).read_text(encoding="utf-8")
        assert committed == text, f"{file}: run python docs/reference/write.py"


def test_every_verb_and_public_name_is_there(pages):
    import qfusion_core

    assert "`qfusion jobs adopt [OPTIONS] " in pages["command-line.md"]
    assert all(f"| `{name}` |" in pages["python.md"] for name in qfusion_core.__all__)
    assert "Credentials: `token`, `instance`." in pages["devices.md"]
    assert "| `label_smoothing` |" in pages["run-specification.md"]
