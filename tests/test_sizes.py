"""Short files with one purpose: how long files and functions may be."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "qfusion_core").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])
KERNELS = ROOT / "plugins" / "qfusion_statevector" / "numba_executor"
CLI = ROOT / "qfusion_core" / "cli"


def name_of(path):
    return str(path.relative_to(ROOT))


def functions(path):
    """Each function of a file, and the lines of its body without the docstring."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            described = ast.get_docstring(node) is not None and len(node.body) > 1
            first = node.body[1 if described else 0]
            yield node.name, node.end_lineno - first.lineno + 1, node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_has_at_most_250_lines_and_one_of_the_command_line_120(path):
    most = 120 if path.is_relative_to(CLI) else 250
    assert len(path.read_text().splitlines()) <= most


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_function_has_at_most_60_lines_but_for_kernels(path):
    if not path.is_relative_to(KERNELS):
        assert not [(name, lines) for name, lines, _ in functions(path) if lines > 60]


@pytest.mark.parametrize("path", sorted(CLI.rglob("*.py")), ids=name_of)
def test_a_verb_parses_calls_and_prints(path):
    assert not [(name, lines) for name, lines, _ in functions(path) if lines > 30]
