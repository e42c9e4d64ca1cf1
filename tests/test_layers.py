"""Where new code may go: a package imports only what stands above it in `LAYERS`."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest

CORE = Path(__file__).parents[1] / "qfusion_core"
FILES = sorted(CORE.rglob("*.py"))
MODULES = (
    "strict_numbers", "printable", "errors", "options", "notes", "working_directory",
    "provenance",
    "noise_parameters",
)  # fmt: skip
LAYERS = (
    *MODULES, "storage", "metrics", "circuits", "data", "interfaces", "plugin", "config", "model",
    "noise", "calibration", "surrogate", "remote", "pool", "training", "testing", "backends",
    "evaluation", "runs", "workflows", "doors", "cli",
)  # fmt: skip
# the rooms of `remote` and its files outside of them, bottom to top; a dot is a room in a room
REMOTE = (
    "errors", "retry_after", "secrecy", "signals", "money", "machine", "options",
    "journal.sealing", "journal.sqlite", "journal.rows", "journal", "adapter", "planning",
    "execution", "device", "site_device",
)  # fmt: skip
# a public named constructor that imports PennyLane's side when it is called
CIRCLES = (
    {"circuits.circuit", "circuits.pennylane", "circuits.tracing.trace"},
    {"model.circuit_encoder", "model.qnode_encoder"},
)


def name_of(path):
    return ".".join(path.relative_to(CORE).with_suffix("").parts).removesuffix(".__init__")


MODULE_NAMES = {name_of(path) for path in FILES}


def imported(tree, *, deferred, typing=True):
    """Modules of the core that a file imports: at its top, and inside of functions as well."""
    found, inside = [], [(tree, False)]
    while inside:
        node, late = inside.pop()
        if isinstance(node, ast.If) and not typing and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        late = late or isinstance(node, ast.FunctionDef | ast.Lambda)
        if isinstance(node, ast.ImportFrom) and (deferred or not late):
            module = node.module or ""
            if module.split(".")[0] == "qfusion_core":
                inner = module.removeprefix("qfusion_core").removeprefix(".")
                found += [f"{inner}.{name.name}".strip(".") for name in node.names]
        inside += [(child, late) for child in ast.iter_child_nodes(node)]
    return {name if name in MODULE_NAMES else name.rpartition(".")[0] for name in found} - {""}


TREES = {
    name_of(path): ast.parse(path.read_text())
    for path in FILES
    if name_of(path) not in ("", "__init__", "__main__")
}


def graph(**which):
    return {module: imported(tree, **which) for module, tree in TREES.items()}


def circles(edges):
    """Sets of names of which each leads to each."""

    def reached(start):
        seen, todo = set(), [start]
        while todo:
            for name in edges.get(todo.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    todo.append(name)
        return seen

    ways = {name: reached(name) for name in edges}
    knots = {
        frozenset(other for other in ways[name] if name in ways.get(other, ()))
        for name in edges
        if name in ways[name]
    }
    return {knot for knot in knots if len(knot) > 1}


@pytest.mark.parametrize("module", sorted(TREES))
def test_a_package_imports_only_what_stands_above_it(module):
    own = LAYERS.index(module.split(".")[0])
    names = imported(TREES[module], deferred=True)
    wrong = {name for name in names if LAYERS.index(name.split(".")[0]) > own}
    assert not wrong, f"{module} imports {wrong}, which stand below it"


def room_of(module):
    """Where in `REMOTE` a module of `remote` stands; None for what is outside of it."""
    top, _, inner = module.partition(".")
    found = [name for name in REMOTE if f"{inner}.".startswith(f"{name}.")]
    return REMOTE.index(max(found, key=len)) if top == "remote" and inner else None


@pytest.mark.parametrize("module", sorted(name for name in TREES if room_of(name) is not None))
def test_a_room_of_remote_imports_only_what_stands_above_it(module):
    names = {name for name in imported(TREES[module], deferred=True) if room_of(name) is not None}
    wrong = {name for name in names if room_of(name) > room_of(module)}
    assert not wrong, f"{module} imports {wrong}, which stand below it"


def test_every_room_of_remote_is_in_its_list():
    there = {path.parent for path in CORE.glob("remote/**/*.py")} - {CORE / "remote"}
    there |= set(CORE.glob("remote/*.py")) - {CORE / "remote" / "__init__.py"}
    assert {name_of(path).removeprefix("remote.") for path in there} == set(REMOTE)


def test_every_knot_of_packages_is_one_package():
    packages = {}
    for module, names in graph(deferred=False).items():
        room = packages.setdefault(module.split(".")[0], set())
        room |= {name.split(".")[0] for name in names}
    assert not circles(packages)
    assert set(packages) == set(LAYERS)


def test_no_file_is_in_a_circle_at_the_top():
    assert not circles(graph(deferred=False, typing=False))


def test_circles_are_those_of_the_list():
    assert circles(graph(deferred=True)) == {frozenset(circle) for circle in CIRCLES}


def test_the_top_holds_eight_modules_at_most():
    loose = {path.stem for path in CORE.glob("*.py")} - {"__init__", "__main__"}
    assert loose == set(MODULES)
    assert len(loose) <= 8


def test_the_test_sees_a_circle():
    edges = dict(pairwise("abca")) | {"d": "a"}
    assert circles(edges) == {frozenset("abc")}
