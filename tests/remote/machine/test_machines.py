"""Lists of vendors' machines: each figure has a page and a day, the user's own stands before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from qfusion_core import InputError, MachineFacts, MachineList, Registry
from qfusion_core.backends.listed_machines import listed_machines
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.remote.machine.machine_list import ListFile

LIST = """
version: 1
sources:
  page: {page: "https://example.org/machines", as_of: "2026-05-01", read: "2026-06-01"}
  prices: {page: "https://example.org/prices", read: "2026-06-02"}
machines:
  toy-one: {device: toy_one, vendor: Toy, qubits: 5, shots: [1, 100], facts: [page],
            usd_per_shot: 0.5, price: prices}
  toy-two: {device: toy_two, vendor: Toy, qubits: 7, facts: [page]}
"""
PRICED = "usd_per_shot: 0.5, price: prices"


@pytest.fixture
def toys(tmp_path):
    """A list of an adapter `toy`."""
    path = tmp_path / "packaged.yaml"
    path.write_text(LIST)
    return MachineList(path, "toy", "machine")


def test_a_price_has_its_page_and_its_day(toys):
    one, two = toys.of("toy_one"), toys.of("toy_two")
    assert str(one.price_source) == (
        "the packaged list of machines: https://example.org/prices (2026-06-02)"
    )
    assert two.price_source is None
    assert str(two).startswith("the packaged list of machines (as of 2026-05-01; ")
    assert toys.of("toy_three") is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (PRICED, "usd_per_shot: 0.5", "a price and its source go together"),
        (PRICED, "price: prices", "a price and its source go together"),
        (
            PRICED,
            "usd_per_shot: -1, price: prices",
            "usd_per_shot: should be greater than or equal",
        ),
        (PRICED, "usd_per_shot: .nan, price: prices", "usd_per_shot: should be a finite number"),
        ("facts: [page]}\n", "facts: [pgae]}\n", "no source 'pgae'; did you mean 'page'?"),
        ("facts: [page]}\n", "facts: []}\n", "facts: Tuple should have at least 1 item"),
        ('"2026-05-01"', '"2026-13-01"', "as_of: "),
        ("qubits: 7", "qubits: 0", "qubits: should be greater than or equal to 1"),
        ("qubits: 7", "qubits: 7, colour: red", "unknown key 'colour'"),
    ],
)
def test_a_wrong_list_is_one_line_with_its_place(toys, old, new, said):
    text = toys.packaged.read_text()
    assert old in text
    toys.packaged.write_text(text.replace(old, new))
    with pytest.raises(InputError) as refused:
        toys.read()
    line = str(refused.value)
    assert line.startswith(f"{toys.packaged}:") and "\n" not in line
    assert said in line


def test_what_a_provider_tells_stands_before_the_packaged_list(toys, tmp_path):
    told = MachineFacts(device="toy_one", vendor="Toy", qubits=6, native_gates=("cz",))
    path = toys.keep(told, date(2026, 11, 28))
    assert path == tmp_path / "config" / "qfusion" / "machines.yaml"
    one = toys.of("toy_one")
    assert (one.name, one.packaged, one.facts.qubits) == ("toy-one", False, 6)
    # of what a reply does not tell, what is published stays, with its page
    assert one.facts.shots == (1, 100)
    assert [each.day for each in one.readings] == ["2026-11-28", "2026-05-01"]
    assert one.facts.usd_per_shot == 0.5
    assert str(one.price_source) == (
        "the packaged list of machines: https://example.org/prices (2026-06-02)"
    )
    assert toys.of("toy_two").packaged
    # asked again later, with a price: nothing of the first reply is left
    dearer = {"usd_per_shot": 0.75, "qubits": 8, "shots": (1, 50)}
    toys.keep(told.model_copy(update=dearer), date(2026, 12, 1))
    again = toys.of("toy_one")
    assert [each.day for each in again.readings] == ["2026-12-01"]
    assert (again.facts.qubits, again.facts.usd_per_shot) == (8, 0.75)
    assert str(again.price_source) == (
        "your own list of machines: reply of the provider of toy_one (2026-12-01)"
    )
    assert "2026-11-28" not in path.read_text()
    # a machine that the packaged list does not have; another adapter's section stays
    other = MachineList(toys.packaged, "other", "machine")
    other.keep(MachineFacts(device="a/New_One", vendor="New", qubits=2), date(2026, 12, 1))
    assert other.read()["a-new-one"].facts.qubits == 2
    assert toys.of("toy_one") == again


def test_replies_that_come_at_once_are_all_kept(toys):
    names = [f"new_{number}" for number in range(12)]
    facts = [MachineFacts(device=name, vendor="New", qubits=2) for name in names]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(toys.keep, facts))
    assert {name.replace("_", "-") for name in names} <= set(toys.read())


def test_a_wrong_list_of_ones_own_is_refused_and_not_written_over(toys, tmp_path):
    path = tmp_path / "config" / "qfusion" / "machines.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("toy: {version: 1, sources: {}, machines: {x: {device: x}}}\n")
    for act in (toys.read, lambda: toys.keep(MachineFacts(device="x", vendor="X", qubits=1))):
        with pytest.raises(InputError, match=r"toy\.machines\.x") as refused:
            act()
        assert str(refused.value).startswith(f"{path}:1:")
    assert path.read_text().endswith("{x: {device: x}}}\n")


def test_a_list_that_lies_in_the_working_directory_is_not_read(toys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "machines.yaml").write_text("toy: nonsense\n")
    assert toys.of("toy_one").facts.usd_per_shot == 0.5


def test_the_packaged_lists_name_ten_machines_and_more_of_both_vendors():
    found = [(kind, entry) for kind, _, entry in listed_machines(Registry()).values()]
    vendors = [kind for kind, _ in found]
    assert min(vendors.count("ibm"), vendors.count("braket")) >= 5 and len(vendors) >= 10
    for kind, each in found:
        assert all(reading.page.startswith("https://") for reading in each.readings)
        day = date.fromisoformat
        assert all(day(r.as_of or r.read) <= day(r.read) for r in each.readings)
        # a second of IBM's costs the same on each machine: prices.yaml
        assert (each.priced is None) == (kind == "ibm")


def test_no_source_of_a_packaged_list_is_idle():
    for packaged in {machine.machines.packaged for machine in listed_machines(Registry()).values()}:
        sheet = YamlDocument.read(packaged).validate(ListFile)
        used = {s for m in sheet.machines.values() for s in (*m.facts, m.named, m.price)}
        assert set(sheet.sources) == used - {None}
