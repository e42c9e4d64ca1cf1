"""What became of each test of somebody else's suite, as pytest's JUnit report has it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FAILED = ("failure", "error")


class Outcome(NamedTuple):
    """Of one test.

    Attributes:
        group: The class that it stands in, without its module.
        name: Of the test, parameters left out.
        became: passed, skipped, failure or error.
    """

    group: str
    name: str
    became: str


def outcomes(report: Path) -> Iterator[Outcome]:
    """Of all tests in a report.

    Args:
        report: That ``--junit-xml`` wrote.
    """
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        marks = [mark.tag for mark in case if mark.tag in (*FAILED, "skipped")]
        group = str(case.get("classname")).rpartition(".")[2]
        yield Outcome(group, str(case.get("name")).split("[")[0], *(marks[:1] or ["passed"]))
