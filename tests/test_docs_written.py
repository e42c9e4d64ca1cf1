"""What a script of docs writes is what is committed."""

import runpy
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]


def test_the_picture_is_what_its_script_draws():
    drawn = runpy.run_path(str(ROOT / "docs" / "pictures" / "draw.py"))["overview"]()
    committed = ROOT / "docs" / "pictures" / "overview.svg"
    assert committed.read_text(encoding="utf-8") == drawn
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"
