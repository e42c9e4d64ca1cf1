"""A surrogate is kept and read as a whole; what does not fit is refused before it is believed."""

import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import torch

from qfusion_core import InputError, Registry, Surrogate
from qfusion_core.storage import writing
from qfusion_core.surrogate import store
from qfusion_core.surrogate.card import Card
from qfusion_core.surrogate.check import check_exact
from qfusion_core.surrogate.grid import Grid, Rows
from qfusion_core.surrogate.stored import weights_digest
from support.encoders import encoder
from support.second_device import THERE, SecondDevice
from support.surrogates import card_of, file_of, rewrite, tensors_of

BACKEND = "fez"


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return encoder("hardware-efficient", 4, layers=1, entangler="linear", readout="z+zz-all")


@pytest.fixture(scope="module")
def make(model):
    """A surrogate that is not kept yet: (run folder, seed, more of its card)."""
    kind = Registry().get("device", "statevector")
    device, weights = kind(kind.Options(executor="torch")), model.weights.detach().flatten()

    def _make(run, seed, checks=None, **more):
        grid = Grid.of(model.traced, model.observables, seed)
        rows = Rows.of(grid, checks, seed)
        values = device.expectations(model.traced, rows.data, weights, model.observables)
        card = Card(
            backend=BACKEND, device="statevector", options="0" * 64, machine=None, calibrated=None,
            circuit=model.traced.digest(), weights=weights_digest(weights),
            observables=model.observables, shots=None, rows=grid.rows, seed=seed,
            measurement=f"m{seed}", measured=datetime.now(UTC).isoformat(timespec="seconds"),
            check=check_exact(rows, values), table="", provenance={"versions": ("1", "2")},
        )  # fmt: skip
        return Surrogate(run, card.model_copy(update=more), rows, values)

    return _make


@pytest.fixture
def run(make, tmp_path):
    """A run folder with a surrogate of seed 0."""
    make(tmp_path, 0).write()
    return tmp_path


def test_it_answers_where_the_data_are(run, model):
    surrogate, asked = Surrogate.read(run, BACKEND), (model.traced, model.observables)
    data, weights = torch.randn(3, model.n_data), model.weights.detach().flatten()
    wanted = [
        of(asked[0], data, weights, asked[1])
        for of in (surrogate.expectations, surrogate.standard_errors)
    ]
    with SecondDevice():
        for of, values in zip(
            (surrogate.expectations, surrogate.standard_errors), wanted, strict=True
        ):
            found = of(asked[0], data.to(THERE), weights.to(THERE), asked[1])
            assert found.device == THERE
            torch.testing.assert_close(found.cpu(), values)


def refused(run):
    """The line with which it is refused."""
    with pytest.raises(InputError) as error:
        Surrogate.read(run, BACKEND)
    (line,) = str(error.value).splitlines()
    return line


def what(surrogate):
    """Of which measurement card and numbers are."""
    return surrogate.card.seed, surrogate.rows.grid.offsets, surrogate.card.measurement


def test_it_comes_back_as_it_was_kept(make, tmp_path):
    made = make(tmp_path, 3)
    assert made.write() == file_of(tmp_path, BACKEND)
    read = Surrogate.read(tmp_path, BACKEND)
    assert read.card.model_dump(mode="json") == made.card.model_dump(mode="json")
    assert store.surrogate_card(tmp_path, BACKEND) == read.card
    assert store.names(tmp_path) == [BACKEND]
    assert read.rows.grid == made.rows.grid and torch.equal(read.values, made.values)
    assert torch.equal(read.rows.data, made.rows.data)


def test_another_run_gets_all_of_it(make, run, tmp_path):
    (tmp_path / "other").mkdir()
    one = Surrogate.read(run, BACKEND)
    one.write(tmp_path / "other")
    other = Surrogate.read(tmp_path / "other", BACKEND)
    assert what(one) == what(other) and one.card == other.card
    assert torch.equal(one.values, other.values)


class Ended(BaseException):
    """The process ends."""


def at_each_moment(monkeypatch, write, happens):
    """Call ``write`` once for each step that it takes on disk, and let something happen there.

    Args:
        write: Called with the number of the step; what it does is cut short there by `Ended`.
        happens: Called at that step, before it is taken.

    Returns:
        The number of steps.
    """
    steps = [("fsync", writing.os), ("replace", Path), ("mkdir", Path)]
    for number in range(100):
        left = [number]

        def stepping(taken, left=left):
            def _stepping(*args, **more):
                left[0] -= 1
                if left[0] == -1:
                    happens()
                return taken(*args, **more)

            return _stepping

        with monkeypatch.context() as patch:
            for name, owner in steps:
                patch.setattr(owner, name, stepping(getattr(owner, name)))
            write()
        if left[0] >= 0:  # it took fewer
            return number
    raise AssertionError("it does not come to an end")


def test_a_process_that_ends_anywhere_leaves_the_old_one_or_the_new_one(make, run, monkeypatch):
    before, new, left = what(Surrogate.read(run, BACKEND)), make(run, 1), []

    def end():
        raise Ended

    def write():
        try:
            new.write()
        except Ended:
            left.append(what(Surrogate.read(run, BACKEND)))

    moments = at_each_moment(monkeypatch, write, end)
    assert moments >= 2 and len(left) == moments
    assert set(left) <= {before, what(new)}
    assert what(Surrogate.read(run, BACKEND)) == what(new)


def test_of_two_that_write_one_is_kept_and_who_reads_finds_it(make, run, monkeypatch):
    """Card and numbers are of one measurement, at whatever moment the other comes in between."""
    one, other = make(run, 1), make(run, 2)
    found, known = [], {what(Surrogate.read(run, BACKEND)), what(one), what(other)}

    def look():
        found.append(what(Surrogate.read(run, BACKEND)))

    def meanwhile():
        look()
        other.write()
        look()

    def write():
        one.write()
        look()

    assert at_each_moment(monkeypatch, write, meanwhile) >= 2
    assert set(found) <= known and {what(one), what(other)} <= set(found)


def test_words_of_the_card_are_those_of_the_numbers(run):
    card = card_of(run, BACKEND)
    first, second, *rest = card["observables"]
    rewrite(run, BACKEND, card | {"observables": [second, first, *rest]}, digest=False)
    assert "not what was measured, or not what was said of it then" in refused(run)


@pytest.mark.parametrize(
    "change",
    [{"weights": "1" * 64}, {"circuit": "1" * 64}, {"shots": 1000}, {"measurement": None},
     {"provenance": {}}],
)  # fmt: skip
def test_nothing_on_the_card_can_be_changed_alone(run, change):
    rewrite(run, BACKEND, card_of(run, BACKEND) | change, digest=False)
    assert "its numbers do not fit its card" in refused(run)


def promising(path, shapes, offsets=None):
    """Let the header promise other tensors, in a file that has holes where they should be."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header, end = json.loads(raw[8 : 8 + length]), 0
    for name, shape in shapes.items():
        header[name]["shape"] = shape
    for name, entry in header.items():
        if name != "__metadata__":
            size = {"F64": 8, "I64": 8, "I32": 4}[entry["dtype"]]
            bytes_ = size * int(torch.tensor(entry["shape"]).prod()) + (offsets or {}).get(name, 0)
            entry["data_offsets"] = [end, end := end + bytes_]
    made = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(made).to_bytes(8, "little") + made)
        file.truncate(8 + len(made) + end)


@pytest.mark.parametrize(
    ("shapes", "offsets", "said"),
    [
        ({"values": [5_000_000, 10]}, None, "got float64 [5000000, 10]"),
        ({"order": [50_000_000]}, None, "got int64 [50000000]"),
        ({"scales": [4, 10_000_000]}, None, "10,000,000 scales"),
        ({"points": [50_000_000]}, None, "50,000,000 colours"),
        ({}, {"values": 400_000_000}, "cut short or not written by qfusion"),
    ],
)
def test_a_file_that_promises_more_than_its_card_takes_no_memory(
    make, tmp_path, shapes, offsets, said
):
    path = make(tmp_path, 0).write()
    promising(path, shapes, offsets)
    assert path.stat().st_size > 300_000_000
    tracemalloc.start()
    try:
        assert said in refused(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("points", torch.float64, "points: expected int64 [4], got float64 [4]"),
        ("order", torch.int32, "got int32 ["),
        ("values", torch.float32, "values: expected float64 [105, 10], got float32 [105, 10]"),
        ("colours", torch.float64, "colours: expected int64 [4], got float64 [4]"),
    ],
)
def test_another_type_is_refused_by_its_name(run, name, kind, said):
    tensors = tensors_of(run, BACKEND)
    rewrite(run, BACKEND, tensors=tensors | {name: tensors[name].to(kind)})
    assert said in refused(run)


@pytest.mark.parametrize(
    ("seed", "checks", "words"),
    [
        (0, None, ""),
        (5, None, " --seed 5"),
        (0, 30, " --checks 30"),
        (5, 30, " --seed 5 --checks 30"),
    ],
)
def test_what_is_advised_takes_the_same_rows_out_of_the_journal(
    make, tmp_path, seed, checks, words
):
    """With ``--again``, or with other rows, it would be paid for once more."""
    surrogate = make(tmp_path, seed, checks)
    command = f"`qfusion distil {tmp_path} --backend {BACKEND}{words}`"
    surrogate.write()
    rewrite(tmp_path, BACKEND, card_of(tmp_path, BACKEND) | {"weights": "1" * 64}, digest=False)
    assert command in refused(tmp_path)
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    rewrite(tmp_path, BACKEND, card_of(tmp_path, BACKEND) | {"measured": later})
    assert command in refused(tmp_path)
    assert f"{command[:-1]} --again`" in "".join(
        surrogate.card.notices(str(tmp_path), (datetime.now(UTC) + timedelta(days=1)).isoformat())
    )


@pytest.mark.parametrize("harm", ["circuit", "weights", "words"])
def test_what_it_was_not_measured_for_is_refused_with_the_same_advice(make, model, tmp_path, harm):
    surrogate, weights = make(tmp_path, 5), model.weights.detach().flatten()
    asked = {
        "circuit": (model.traced.by_angles(), [0.0] * model.traced.n_angles, weights[:0], ["ZIII"]),
        "weights": (model.traced, [0.0] * 4, weights + 1, ["ZIII"]),
        "words": (model.traced, [0.0] * 4, weights, ["YIII"]),
    }
    circuit, data, weights, words = asked[harm]
    with pytest.raises(InputError) as error:
        surrogate.expectations(circuit, torch.tensor([data]).double(), weights, words)
    assert f"`qfusion distil {tmp_path} --backend {BACKEND} --seed 5`" in str(error.value)


def test_a_card_of_a_day_to_come_is_refused(run):
    """It would be of today for ever."""
    card, now = card_of(run, BACKEND), datetime.now(UTC)
    rewrite(run, BACKEND, card | {"measured": (now + timedelta(hours=23)).isoformat()})
    assert "(today)" in str(Surrogate.read(run, BACKEND).card)
    later = now + timedelta(hours=25)
    rewrite(run, BACKEND, card | {"measured": later.isoformat()})
    said = (
        f"measured {later:%Y-%m-%d}, expected no later than today ({now:%Y-%m-%d}); set the clock"
    )
    assert said in refused(run)
    with pytest.raises(InputError, match="expected no later than today"):
        store.surrogate_card(run, BACKEND)


FIGURES = {
    "chi_square": 9.0, "expected": 8.0, "p": 0.4, "drift": 0.0, "drift_error": 0.1,
    "finds_error": 0.1, "finds_drift": 0.1,
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_figures_of_the_check_are_there_as_a_whole(run, name):
    card = card_of(run, BACKEND)
    rewrite(run, BACKEND, card | {"check": card["check"] | FIGURES})
    assert "chi-square 9.0" in " ".join(Surrogate.read(run, BACKEND).notices())
    rewrite(run, BACKEND, card | {"check": card["check"] | FIGURES | {name: None}})
    assert f"card: check: expected {', '.join(FIGURES)}" in refused(run).replace(" or none", "")
    rewrite(run, BACKEND, card | {"check": card["check"] | {name: FIGURES[name]}})
    assert f"or none of them, got no {'expected' if name == 'chi_square' else 'chi_square'}" in (
        refused(run)
    )


def test_what_an_older_one_left_is_refused_in_a_line(run):
    """Its card lay in a file of its own."""
    from qfusion_core.storage.tensors import write_tensors

    write_tensors(file_of(run, BACKEND), tensors_of(run, BACKEND), {"format": 1})
    assert "has no card; `qfusion distil" in refused(run)
