"""Where things are, and what a process of its own has to find of them."""

import os
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
THIRD_PARTY = TESTS / "third_party"
EXAMPLE = ROOT / "examples" / "third_party_device"
GUARD = TESTS / "guard"


def python_path(*folders: Path | str) -> str:
    """``PYTHONPATH`` with these folders before those that it has."""
    inherited = os.environ.get("PYTHONPATH")
    return os.pathsep.join(map(str, filter(None, (*folders, inherited))))
