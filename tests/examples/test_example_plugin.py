"""The examples of third parties installed, listed, tested and used, as their READMEs say."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def install(environment, tmp_path):
    """An environment with an example in it, installed from a copy: pip may build in place."""

    def _install(name):
        copy, ignored = tmp_path / "copy", ("__pycache__", "build", "dist")
        shutil.copytree(EXAMPLES / name, copy, ignore=shutil.ignore_patterns(*ignored))
        environment.install(copy)
        return environment

    return _install


def test_it_is_installed_listed_tested_and_trained_with(install, tmp_path):
    installed = install("third_party_fusion")
    listed = installed.qfusion("plugins", "--json")
    assert listed.returncode == 0, listed.stderr
    rows = {row["name"]: row for row in json.loads(listed.stdout)["components"]}
    assert rows["film"] == {
        "kind": "fusion", "name": "film", "distribution": "qfusion-film", "version": "0.1.0",
        "status": "ready", "reason": None,
    }  # fmt: skip

    own = installed.run("-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path / "copy" / "tests")
    assert own.returncode == 0, own.stdout

    run = tmp_path / "run"
    train = [
        "train", "wine", "--preset", "hardware", "--fusion", "film", "--set", "training.epochs=2",
        "--out", str(run), "--json",
    ]  # fmt: skip
    both = train, ["evaluate", str(run), "--backend", "statevector", "--json"]
    code = "from qfusion_core.cli import main\n" + "".join(  # in one process: it starts slowly
        f"try: main({words!r})\nexcept SystemExit as end: assert not end.code\n" for words in both
    )
    done = installed.run("-c", code)
    assert done.returncode == 0, done.stderr
    assert "type: film" in (run / "config.yaml").read_text()


def test_without_it_the_run_that_names_it_is_explained(environment):
    refused = environment.qfusion("train", "wine", "--fusion", "film")
    assert refused.returncode == 2
    assert "unknown fusion 'film'" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_the_remote_device_is_installed_listed_and_tested_and_is_small(install, tmp_path):
    installed = install("third_party_device")
    assert len((tmp_path / "copy" / "qfusion_queue.py").read_text().splitlines()) < 100
    code = (
        "import sys, pytest, qfusion_core\n"
        "print(qfusion_core.Registry().get('device', 'queue').__module__)\n"
        "sys.path.append(sys.argv[1])\n"
        "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', sys.argv[1] + '/tests']))\n"
    )
    own = installed.run("-c", code, tmp_path / "copy")
    assert own.returncode == 0, own.stdout
    assert own.stdout.startswith("qfusion_queue\n")


def test_the_readme_of_the_remote_device_runs_as_it_stands(install, tmp_path):
    installed = install("third_party_device")
    (block, *_) = re.findall(
        r"```sh\n(.*?)```", (tmp_path / "copy" / "README.md").read_text(), re.S
    )
    python = installed.python
    script = block.replace("pip install .\n", "").replace("python machine", f"{python} machine")
    head = f'set -e\ntrap "kill %1" EXIT\nqfusion() {{ {python} -m qfusion_core "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-c", head + script],
        cwd=tmp_path / "copy", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "trusted: " in done.stdout
    assert "macro F1" in done.stdout
    assert re.search(r"^queue has spent up to \d", done.stdout, re.M)
