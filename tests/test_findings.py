"""`docs/findings.md` names, for each finding of the trust review, the tests that hold it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs" / "findings.md").read_text()
ROW = re.compile(r"^\| ([A-Z][0-9]+[a-z]?) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
FINDINGS = {
    *(f"F{number}" for number in range(1, 29)), "F12b",
    *(f"S{number}" for number in range(1, 16)),
    *(f"H{number}" for number in range(1, 19)),
    *(f"L{number}" for number in range(1, 11)),
    *(f"U{number}" for number in (3, 11, 13, 15, 16)),
}  # fmt: skip


def test_every_finding_has_its_tests():
    assert {row[1] for row in ROW.finditer(TABLE)} == FINDINGS


def test_every_test_of_the_table_exists():
    for row in ROW.finditer(TABLE):
        named = re.findall(r"`([^`:]+)::([^`]+)`", row[2])
        assert named, row[1]
        for path, test in named:
            source = (ROOT / path).read_text()
            assert f"def {test}(" in source, (row[1], path, test)
