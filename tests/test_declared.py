"""What is imported is declared: nothing is here only because somebody else happens to bring it."""

import ast
import sys
import tomllib
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {
    extra: {canonical(Requirement(line).name) for line in lines}
    for extra, lines in PROJECT["optional-dependencies"].items()
}
BASE = {canonical(Requirement(line).name) for line in PROJECT["dependencies"]}
EVERY = BASE.union(*EXTRAS.values())
OWN = {
    "qfusion_core": (),
    "plugins/qfusion_attention": (),
    "plugins/qfusion_braket": ("braket",),
    "plugins/qfusion_datasets": (),
    "plugins/qfusion_encoders": (),
    "plugins/qfusion_fusions": (),
    "plugins/qfusion_ibm": ("ibm",),
    "plugins/qfusion_pennylane": ("aer",),
    "plugins/qfusion_statevector": ("fast",),
    "plugins/qfusion_surrogate": (),
}
# the scores' peers and pictures are in `bench` and `report`, whose distributions need not be here
NAMED = {"tensorcircuit": "tensorcircuit-ng", "jax": "jax", "matplotlib": "matplotlib"}
# what is run over us once, and kept as a result: its docstring says how to install it
BY_HAND = {"qiskit-machine-learning"}  # examples/doors/estimator_qnn.py


def imported(folder):
    """(module, file) of everything that is neither of Python nor of this project."""
    ours = {
        path.stem if path.is_file() else path.name
        for place in ("tests", "examples")
        for path in (ROOT / place).rglob("*")
        if path.is_dir() or path.suffix == ".py"
    }
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for module in modules:
                root = module.split(".")[0]
                if root in sys.stdlib_module_names or root.startswith(("qfusion", "acme")):
                    continue
                if root not in ours or root in INSTALLED:
                    yield module, path.relative_to(ROOT)


INSTALLED = packages_distributions()


@cache
def owners(module):
    """The distributions that bring a module: one, but for namespaces that several share."""
    root = module.split(".")[0]
    found = {canonical(name) for name in INSTALLED.get(root, ())}
    if len(found) < 2:
        return found or {canonical(NAMED.get(root, root))}
    parts = module.split(".")
    while parts:
        place = "/".join(parts)
        holding = {
            name
            for name in found
            if any(str(f) in (f"{place}.py", f"{place}/__init__.py") for f in _files(name))
        }
        if holding:
            return holding
        parts.pop()
    return found


@cache
def _files(name):
    return distribution(name).files or ()


@pytest.mark.parametrize("folder", OWN)
def test_a_package_declares_what_it_imports(folder):
    allowed = BASE.union(*(EXTRAS[extra] for extra in OWN[folder]))
    undeclared = {
        f"{module} ({path})" for module, path in imported(folder) if not owners(module) & allowed
    }
    assert undeclared == set()


@pytest.mark.parametrize(("folder", "known"), [("tests", EVERY), ("examples", EVERY | BY_HAND)])
def test_tests_and_examples_import_what_some_extra_brings(folder, known):
    undeclared = {
        f"{module} ({path})" for module, path in imported(folder) if not owners(module) & known
    }
    assert undeclared == set()


def test_every_plugin_is_looked_at():
    folders = {f"plugins/{path.name}" for path in (ROOT / "plugins").glob("qfusion_*")}
    assert set(OWN) == {"qfusion_core", *folders}


@pytest.mark.vendor
def test_what_is_declared_is_imported():
    """But for what is used by its name alone: plugins of others, and programs."""
    seen = {owner for folder in (*OWN, "tests", "examples") for m, _ in imported(folder)
            for owner in owners(m)}  # fmt: skip
    by_name = {
        "amazon-braket-pennylane-plugin", "pennylane-qiskit",  # entry points of PennyLane
        "build", "flaky", "pytest-mock", "hatchling",
        "pandas-stubs", "pytest-xdist", "ruff", "mypy", "types-pyyaml",
        "beartype",  # --jaxtyping-packages
    }  # fmt: skip
    assert EVERY - seen - by_name - {"qfusion"} == set()


def test_the_check_bites(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "one.py").write_text(
        "def f():\n    import pytest\n    from braket.ir import jaqcd\n"
    )
    found = dict(imported("."))
    assert set(found) == {"pytest", "braket.ir.jaqcd"}
    assert owners("pytest") == {"pytest"}
    assert not owners("pytest") & BASE
