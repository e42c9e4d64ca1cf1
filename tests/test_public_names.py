"""Public names: the module that loads them and the stub that editors read say the same."""

import ast
import contextlib
import inspect
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import qfusion_core

ROOT = Path(__file__).parents[1]
STUB = ROOT / "qfusion_core" / "__init__.pyi"


def declared():
    """``{name: (module, name there)}`` of the stub: what it exports, and old names for it."""
    found = {}
    for node in ast.parse(STUB.read_text()).body[1:]:
        if isinstance(node, ast.Assign):
            found[node.targets[0].id] = found[node.value.id]
        elif isinstance(node, ast.ImportFrom):
            found |= {name.asname: (node.module, name.name) for name in node.names}
    return found


def test_the_stub_declares_what_the_module_has():
    expected = {name: (f"qfusion_core.{home}", name) for name, home in qfusion_core._HOMES.items()}
    for old, (new, _, _) in qfusion_core._RENAMED.items():
        expected[old] = (f"qfusion_core.{qfusion_core._HOMES[new]}", new)
    expected["testing"] = ("qfusion_core", "testing")
    assert declared() == expected


def test_all_is_what_is_loaded_on_use():
    assert sorted(qfusion_core.__all__) == dir(qfusion_core) == sorted(qfusion_core._HOMES)


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    """What mypy says of a file, by line; what it has read of ours, it reads once."""
    folder = tmp_path_factory.mktemp("typed")
    settings = folder / "mypy.ini"  # a user's own: other people's packages take long to read
    others = ",".join(f"{name}.*" for name in ("torch", "pennylane", "pandas", "sklearn", "scipy"))
    settings.write_text(
        f"[mypy]\nstrict = True\nmypy_path = {ROOT}\n"
        f"[mypy-{others}]\nfollow_imports = skip\nignore_missing_imports = True\n"
    )

    def run(name, text):
        file = folder / name
        file.write_text(text)
        words = ["--config-file", settings, "--no-pretty", "--cache-dir", folder / "cache", file]
        ran = subprocess.run(
            [sys.executable, "-m", "mypy", *words],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode in (0, 1), ran.stderr
        lines = (line for line in ran.stdout.splitlines() if line.startswith(str(file)))
        return {int(line.split(":")[1]): line for line in lines}

    return run


@pytest.fixture(scope="module")
def checked(mypy):
    """What mypy says of a file that uses public names, one of them misspelt."""
    return mypy(
        "user.py",
        "import qfusion_core\n"
        "from qfusion_core import Circuit, testing\n"
        'reveal_type(qfusion_core.load("x"))\n'
        "reveal_type(Circuit)\n"
        "reveal_type(testing.FusionContract.component)\n"
        "qfusion_core.Typo\n"
        "from qfusion_core import Typo\n"
        "qfusion_core.load()\n",
    )


def test_the_module_behind_the_stub_is_typed(mypy):
    """mypy reads the stub in its place: under another name it reads the module."""
    text = (ROOT / "qfusion_core" / "__init__.py").read_text()
    assert mypy("behind_the_stub.py", text) == {}
    wrong = text + "_HOMES.typo\n"
    assert [*mypy("with_an_error.py", wrong)] == [len(wrong.splitlines())]


def test_a_type_checker_sees_what_names_are(checked):
    assert 'Revealed type is "qfusion_core.model.classifier.FusionClassifier"' in checked[3]
    assert "-> qfusion_core.circuits.circuit.Circuit" in checked[4]
    assert 'Revealed type is "type[Any]"' in checked[5]


def test_a_type_checker_refuses_what_is_misspelt(checked):
    assert 'Module has no attribute "Typo"  [attr-defined]' in checked[6]
    assert 'Module "qfusion_core" has no attribute "Typo"  [attr-defined]' in checked[7]
    assert 'Missing positional argument "run" in call to "load"' in checked[8]


@pytest.mark.parametrize("old", sorted(qfusion_core._RENAMED))
def test_an_old_name_works_and_says_the_new_one(old):
    new, since, until = qfusion_core._RENAMED[old]
    said = (
        f"qfusion_core.{old} is called {new} since {since}; the old name is understood until "
        f"{until}: write qfusion_core.{new}"
    )
    with pytest.warns(DeprecationWarning) as caught:
        found = getattr(qfusion_core, old)
    assert found is getattr(qfusion_core, new)
    assert [str(each.message) for each in caught] == [said]
    assert caught[0].filename == __file__, "the warning shows the line that uses the old name"


def test_old_names_are_no_longer_offered():
    assert not set(qfusion_core._RENAMED) & {*qfusion_core.__all__, *dir(qfusion_core)}


def test_an_old_name_can_still_be_imported():
    with pytest.warns(DeprecationWarning, match="is called select_features since") as caught:
        from qfusion_core import features
    assert features is qfusion_core.select_features
    assert [each.filename for each in caught] == [__file__], "one use, one warning"


def test_each_use_of_an_old_name_warns():
    with pytest.warns(DeprecationWarning, match="is called quoted_list since") as caught:
        from qfusion_core import listing
        from qfusion_core import listing as again
    assert listing is again
    assert len(caught) == 2
    with pytest.warns(DeprecationWarning, match="is called quoted_list since"):
        assert hasattr(qfusion_core, "listing")


OF_0_1 = """
    Angle BlackBoxDevice BudgetError Circuit CircuitEncoder ClassicalEncoder
    Credentials CredentialsMissing Dataset Device Engine Finding Fusion FusionClassifier
    FusionOutput Gate InputError Job JobCancelled JobFailed JobStatus JobsLeft JobsPending Layout
    Measurement NoiseParameters Options Part Price PriceSource QNodeEncoder QfusionError
    QuantumEncoder Range Readout Refused Registry RemoteDevice RemoteError RemoteOptions
    Result Split SubmitUncertain Term Transient commuting_groups did_you_mean features hookimpl
    listing load open_backend pauli_words read_arrays read_features read_prices read_table
    require_finite require_wires stratified tiles token_layout train_validation_test
""".split()  # those of 3670349


@pytest.mark.filterwarnings("ignore:qfusion_core.* is called:DeprecationWarning")
@pytest.mark.parametrize("name", OF_0_1)
def test_a_name_of_the_first_release_is_still_there(name):
    assert getattr(qfusion_core, name) is not None


def test_the_version_is_that_of_the_distribution():
    assert qfusion_core.__version__ == version("qfusion")


def test_a_misspelt_name_is_told_the_nearest():
    with pytest.raises(ImportError, match=r"name 'evalute' .*; did you mean 'evaluate'\?$"):
        from qfusion_core import evalute  # noqa: F401
    with pytest.raises(AttributeError, match=r"attribute 'evalute'; did you mean 'evaluate'\?$"):
        qfusion_core.evalute  # noqa: B018
    assert not hasattr(qfusion_core, "evalute")
    from qfusion_core import metrics  # a package whose name is near to none of them

    assert metrics.__name__ == "qfusion_core.metrics"


def public_functions():
    """By name: functions, and classes with their own methods."""
    for name in qfusion_core._HOMES:
        found = getattr(qfusion_core, name)
        if inspect.isclass(found):
            for key, method in inspect.getmembers(found, inspect.isfunction):
                if method.__module__.startswith("qfusion_core"):
                    yield f"{name}.{key}", method
        if inspect.isroutine(found) or inspect.isclass(found):
            yield name, found


def test_no_default_is_shown_by_its_address():
    shown = {}
    for name, function in public_functions():
        with contextlib.suppress(ValueError):  # of a type that has none
            parameters = inspect.signature(function).parameters
            shown[name] = [repr(each.default) for each in parameters.values()]
    assert len(shown) > 150 and "False" in shown["evaluate"]
    assert [name for name, texts in shown.items() if " at 0x" in "".join(texts)] == []
