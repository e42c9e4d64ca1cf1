"""A backends.yaml or prices.yaml that was only found in the working directory decides little."""

import json
import logging
import os

import pytest

from qfusion_core import InputError, NotTrusted, Options, Registry, open_backend, read_prices, trust
from qfusion_core.backends.file import PACKAGED, Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.config.trust import distrust, trusted
from support.places import THIRD_PARTY

THEIRS = """
version: 1
default: local
backends:
  statevector: {type: cloud, options: {machine: theirs}, credentials: {token: {$env: TOKEN}}}
  paid: {type: cloud, options: {machine: theirs}, credentials: {token: {$env: TOKEN}}}
  bare: {type: cloud, options: {machine: theirs}}
  garnet: {type: braket, options: {emulate: garnet.json, shots: 10}}
  local: {type: pennylane, options: {device: default.qubit}}
  away: {type: pennylane, options: {device: default.qubit, remote: acknowledged}}
  both: {type: pool, options: {backends: [local, paid]}}
"""
REMOTE = ("paid", "bare", "away", "both")


class Prices(Options):
    usd_per_shot: float


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("QFUSION_BACKENDS", "QFUSION_PRICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOKEN", "a secret of the user's")
    monkeypatch.syspath_prepend(THIRD_PARTY / "cloud")
    return folder


@pytest.fixture
def theirs(here):
    (here / "backends.yaml").write_text(THEIRS)
    (here / "garnet.json").write_text("{}")
    return here / "backends.yaml"


@pytest.mark.parametrize("name", REMOTE)
def test_no_remote_machine_is_opened_until_the_file_is_trusted(theirs, name):
    with pytest.raises(NotTrusted) as refused:
        open_backend(name)
    said = str(refused.value)
    assert f"`qfusion trust {theirs}`, or qfusion_core.trust(path)" in said
    assert "\n" not in said and refused.value.exit_code == 2
    trust(theirs)
    if name != "bare":  # which lacks its credentials
        open_backend(name)


def test_local_names_count_and_the_file_is_named(theirs, caplog):
    with caplog.at_level(logging.WARNING, logger="qfusion"):
        device = open_backend("local")
    assert device.name == "pennylane"
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith("backends.yaml was only found here: of it count names ")
    assert "for what runs on this machine, its default as `--backend local`; if it is" in said
    assert f"qfusion trust {theirs}" in said


def test_it_never_takes_the_place_of_a_name_that_there_is(theirs, tmp_path):
    assert open_backend("statevector").name == "statevector"
    own = tmp_path / "config" / "qfusion" / "backends.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("version: 1\ndefault: paid\nbackends: {paid: {type: statevector}}\n")
    assert open_backend("paid").name == "statevector"
    assert open_backend("local").name == "pennylane"
    theirs.unlink()
    assert Backends.read().source.path == str(own)
    assert open_backend().name == "statevector"


@pytest.mark.parametrize("name", ["ibm-fez", "noisy"])  # of the package, and only of the file
def test_its_default_is_none_until_it_is_trusted(here, name):
    (here / "backends.yaml").write_text(
        f"version: 1\ndefault: {name}\n"
        f"backends: {{{name}: {{type: statevector, options: {{shots: 3}}}}}}\n"
    )
    assert Backends.read().default == "statevector"
    assert open_backend().shots is None
    trust("backends.yaml")
    assert Backends.read().default == name
    assert open_backend().shots == 3


BROKEN = {
    "no YAML": "version: [1",
    "of a later version": "version: 2\ndefault: a\nbackends: {a: {type: statevector}}\n",
    "too large": "version: 1\n#" + 2_000_000 * "#",
    "a secret in it": "version: 1\ndefault: a\nbackends: {a: {type: x, credentials: {t: abc}}}\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_one_that_is_broken_stops_nobody_who_did_not_name_it(
    here, text, caplog, monkeypatch, command_line
):
    (here / "backends.yaml").write_text(text)
    assert Backends.read().source.path == str(PACKAGED)
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith("backends.yaml")
    end = f"; that file was only found here, so it is left out and {PACKAGED} counts"
    assert said.endswith(end)
    code, _, err = command_line("backends", "statevector")
    assert (code, len(err.splitlines())) == (0, 1)
    for named in ("backends.yaml", str(here / "backends.yaml")):
        monkeypatch.setenv("QFUSION_BACKENDS", named)
        with pytest.raises(InputError):
            Backends.read()
        assert command_line("backends", "--backends-file", named)[0] == 2


def test_prices_that_cannot_be_read_and_merely_lie_there_stop_nobody(here, tmp_path, caplog):
    packaged = tmp_path / "packaged.yaml"
    packaged.write_text("usd_per_shot: 0.5\n")
    (here / "prices.yaml").write_text("#" * 2_000_000)
    assert read_prices(Prices, packaged, "toy").usd_per_shot == 0.5
    said = caplog.records[0].getMessage()
    assert said.endswith("was only found here, so it is left out and the packaged one counts")


def test_a_variable_may_name_the_users_home(theirs, here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("QFUSION_BACKENDS", "~/backends.yaml")
    assert Backends.read().default == "local"


def test_credentials_are_given_to_no_name_of_it(here):
    (here / "backends.yaml").write_text(
        "version: 1\ndefault: a\nbackends:\n"
        "  a: {type: braket, options: {device: local}, credentials: "
        "{access_key_id: {$env: TOKEN}, secret_access_key: {$env: TOKEN}}}\n"
    )
    with pytest.raises(NotTrusted, match="gets no credentials"):
        open_backend("a")


def test_a_file_that_is_named_is_trusted(theirs, monkeypatch):
    assert open_named(Backends.read("backends.yaml"), "paid").name == "cloud"
    monkeypatch.setenv("QFUSION_BACKENDS", str(theirs))
    assert open_backend("paid").name == "cloud"
    monkeypatch.setenv("QFUSION_BACKENDS", "backends.yaml")  # another file in each folder
    with pytest.raises(NotTrusted):
        open_backend("paid")
    trust(theirs)
    open_backend("paid")


def test_the_packaged_bytes_count_as_packaged(here, caplog):
    (here / "backends.yaml").write_bytes(PACKAGED.read_bytes())
    assert Backends.read().strangers == frozenset()
    assert not caplog.records


@pytest.mark.parametrize("what", ["backends.yaml", "garnet.json"])
def test_a_change_of_the_file_or_of_a_document_is_to_be_trusted_anew(theirs, here, what):
    trust(theirs)
    assert Backends.read().theirs is None
    (here / what).write_text((here / what).read_text() + " ")
    with pytest.raises(NotTrusted):
        open_backend("paid")
    trust(theirs)
    open_backend("paid")


def test_a_document_whose_name_reads_as_a_number_is_trusted_with_the_file(theirs, here):
    theirs.write_text(THEIRS.replace("emulate: garnet.json", "emulate: 007"))
    (here / "007").write_text("{}")
    assert str(here / "007") in trust(theirs)["documents"]
    open_backend("paid")
    (here / "007").write_text("{} ")
    with pytest.raises(NotTrusted):
        open_backend("paid")


def test_a_document_that_appears_later_is_not_trusted(theirs, here):
    (here / "garnet.json").unlink()
    trust(theirs)
    (here / "garnet.json").write_text("{}")
    assert Backends.read().theirs is not None


def test_the_path_is_the_resolved_one(theirs, here, tmp_path, monkeypatch):
    trust(theirs)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "backends.yaml").write_bytes(theirs.read_bytes())
    monkeypatch.chdir(copy)
    with pytest.raises(NotTrusted):
        open_backend("paid")
    (copy / "backends.yaml").unlink()
    (copy / "backends.yaml").symlink_to(theirs)
    (copy / "garnet.json").symlink_to(here / "garnet.json")
    open_backend("paid")


def test_the_list_is_kept_for_the_user_alone(theirs, tmp_path):
    trust(theirs)
    kept = tmp_path / "state" / "qfusion" / "trusted.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert list(trusted()) == [str(theirs)]
    kept.chmod(0o666)
    with pytest.raises(InputError, match="others may write there; delete it"):
        Backends.read()
    kept.chmod(0o600)
    listed = kept.read_text()
    kept.write_text(listed.replace("/here/", "/there/"))
    with pytest.raises(InputError, match="was not written with your key; delete it, and trust"):
        Backends.read()
    kept.write_text(listed)
    assert Backends.read().theirs is None
    kept.write_text("{")
    with pytest.raises(InputError, match=r"trusted\.json: damaged or not written by qfusion"):
        Backends.read()


def test_it_can_be_taken_back(theirs):
    trust(theirs)
    distrust(theirs)
    with pytest.raises(NotTrusted):
        open_backend("paid")
    with pytest.raises(InputError, match="is not trusted; `qfusion trust --list` shows all"):
        distrust(theirs)


def test_the_verb(theirs, command_line):
    assert command_line("trust") == command_line("trust", "--list", "--remove")
    assert command_line("trust", theirs) == (0, f"trusted: {theirs}\n", "")
    assert json.loads(command_line("trust", "--list", "--json")[1])["trusted"].keys() == {
        str(theirs)
    }
    assert "unchanged" in command_line("trust", "--list")[1]
    theirs.write_text(THEIRS + "#")
    assert "changed" in command_line("trust", "--list")[1]
    assert command_line("trust", "--remove", theirs)[0] == 0
    assert command_line("trust", "none.yaml")[0] == 2


def test_found_prices_do_not_count(here, tmp_path, caplog):
    packaged = tmp_path / "packaged.yaml"
    packaged.write_text("usd_per_shot: 0.5\n")
    (here / "prices.yaml").write_text("toy: {usd_per_shot: 0}\n")
    assert read_prices(Prices, packaged, "toy").usd_per_shot == 0.5
    assert "prices.yaml was only found here, so the packaged prices count; if it is yours: `qf" in (
        caplog.records[0].getMessage()
    )
    own = tmp_path / "config" / "qfusion" / "prices.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("toy: {usd_per_shot: 0.25}\n")
    assert read_prices(Prices, packaged, "toy").usd_per_shot == 0.25
    trust("prices.yaml")
    assert read_prices(Prices, packaged, "toy").usd_per_shot == 0


def test_what_lies_here_and_is_no_file_is_not_read(here):
    os.mkfifo(here / "backends.yaml")
    assert Backends.read().source.path == str(PACKAGED)


@pytest.mark.vendor
def test_whether_a_device_runs_here_is_known_before_it_is_opened():
    device = {name: Registry().get("device", name) for name in ("ibm", "braket", "cloud")}
    options = device["ibm"].Options
    assert device["ibm"].runs_here(options(backend="fake_manila", shots=10))
    assert not device["ibm"].runs_here(options(backend="ibm_fez", shots=10))
    options = device["braket"].Options
    assert device["braket"].runs_here(options(device="local"))
    assert not device["braket"].runs_here(options(device="sv1"))
    assert not device["cloud"].runs_here(device["cloud"].Options(machine="any"))


@pytest.mark.parametrize("text", ["format: 1\nclasses: [a]\n", "queue: 0\n", "- a\n", "word\n"])
def test_what_is_neither_kind_is_not_trusted(here, text):
    (here / "config.yaml").write_text(text)
    with pytest.raises(InputError, match=r"config.yaml:.*(neither a backends.yaml|expected)"):
        trust(here / "config.yaml")
    assert not trusted()
