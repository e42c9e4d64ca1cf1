"""The core knows no plugin, a plugin knows only the core's public names, start-up stays light."""

import ast
import inspect
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import qfusion_core
from qfusion_core.plugin.discovery import HOOKS

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "qfusion_core").rglob("*.py"))
PLUGINS = sorted(folder.name for folder in (ROOT / "plugins").glob("qfusion_*"))
PLUGIN_FILES = sorted((ROOT / "plugins").rglob("*.py"))
SDKS = {
    "amazon_braket_pennylane_plugin", "boto3", "botocore", "braket", "dask", "distributed",
    "pennylane_qiskit", "qiskit", "qiskit_aer", "qiskit_braket_provider", "qiskit_ibm_runtime",
    "qiskit_ionq",
}  # fmt: skip
HEAVY = {"torch", "pennylane", "pandas", "sklearn", "qiskit", "braket"}


def short(path):
    return str(path.relative_to(ROOT))


def imports(path):
    """(module, name or None) of every import in a file, inside functions, too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)


def test_there_is_something_to_look_at():
    assert {"qfusion_attention", "qfusion_statevector"} <= set(PLUGINS)
    assert len(CORE) > 100
    assert len(PLUGIN_FILES) > 100
    found = set(imports(ROOT / "qfusion_core/data/split.py"))
    assert {("numpy", None), ("qfusion_core.errors", "InputError")} <= found


@pytest.mark.parametrize("path", CORE, ids=short)
def test_the_core_imports_no_plugin_and_no_vendor_sdk(path):
    roots = {module.split(".")[0] for module, _ in imports(path)}
    assert roots & (set(PLUGINS) | SDKS) == set()


@pytest.mark.parametrize("path", CORE, ids=short)
def test_the_core_names_no_plugin_package(path):
    # two packages are called as the hooks that they implement
    words = set(re.findall(r"\w+", path.read_text())) - set(HOOKS)
    assert words & set(PLUGINS) == set()


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=short)
def test_a_plugin_imports_public_names_of_the_core_and_no_other_plugin(path):
    own = path.relative_to(ROOT / "plugins").parts[0]
    for module, name in imports(path):
        root = module.split(".")[0]
        assert root == own or root not in PLUGINS, f"imports another plugin: {module}"
        if root == "qfusion_core":
            assert module == "qfusion_core", f"imports a private module: {module}"
            assert name is None or name in qfusion_core.__all__, f"{name} is not public"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            public = node.value.id != "qfusion_core" or node.attr in qfusion_core.__all__
            assert public, f"qfusion_core.{node.attr} is not public"


@pytest.mark.parametrize("name", sorted(qfusion_core.__all__))
def test_every_public_name_is_there_and_documented(name):
    found = getattr(qfusion_core, name)
    assert name in dir(qfusion_core)
    if inspect.isclass(found) or inspect.isfunction(found):
        assert inspect.getdoc(found)


def test_a_name_that_is_not_public_is_refused():
    with pytest.raises(AttributeError, match="module 'qfusion_core' has no attribute 'nothing'"):
        _ = qfusion_core.nothing


def imported(code):
    """Heavy packages that a fresh interpreter holds after running this code."""
    report = f"\nimport json, sys; print(json.dumps(sorted({HEAVY!r} & set(sys.modules))))"
    ran = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout.splitlines()[-1])


def test_the_check_for_heavy_imports_bites():
    assert "torch" in imported("import torch")


def test_importing_the_core_is_light():
    assert imported("import qfusion_core; qfusion_core.hookimpl, qfusion_core.Options") == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_importing_an_entry_point_is_light(plugin):
    assert imported(f"import {plugin}") == []


def test_help_of_every_verb_is_light():
    code = """
from contextlib import suppress
from qfusion_core.cli import main
from qfusion_core.cli.app import app
verbs = [command.callback.__name__ for command in app.registered_commands]
assert {'plugins', 'train'} <= set(verbs), verbs
verbs = [[verb] for verb in verbs]
for group in app.registered_groups:
    inner = group.typer_instance.registered_commands
    verbs += [[group.name], *([group.name, c.name or c.callback.__name__] for c in inner)]
assert ['jobs', 'resume'] in verbs and ['backends', 'save'] in verbs, verbs
for words in [[], ['--help'], ['--version'], *([*verb, '--help'] for verb in verbs)]:
    with suppress(SystemExit):
        main(words)
"""
    assert imported(code) == []


def test_every_module_with_shapes_in_its_signatures_is_checked_by_the_tests():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    (option,) = [o for o in options["addopts"] if o.startswith("--jaxtyping-packages=")]
    checked = set(option.split("=")[1].split(",")) - {"beartype.beartype"}
    shaped = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removeprefix("plugins.")
        for path in [*CORE, *PLUGIN_FILES]
        if any(module == "jaxtyping" for module, _ in imports(path))
    }
    assert checked == shaped
