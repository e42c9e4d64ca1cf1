"""Degrees, colours and rows of a grid."""

import math
import re
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qfusion_core import Angle, Circuit, Gate, InputError, Term
from qfusion_core.surrogate.colouring import colour, sizes
from qfusion_core.surrogate.degrees import degrees
from qfusion_core.surrogate.grid import Grid, Rows
from support.encoders import encoder


def tilts(*scales, source=0):
    gates = tuple(Gate("RY", (0,), Angle((Term("data", source, scale),))) for scale in scales)
    return Circuit(1, gates, n_data=source + 1, n_weights=0)


@pytest.mark.parametrize(
    ("scales", "degree", "frequency"),
    [((1.0,), 1, 1.0), ((1.0, 1.0, 1.0), 3, 1.0), ((0.5, 1.0), 3, 0.5), ((-2.0, 3.0), 5, 1.0),
     ((2.0, -2.0), 2, 2.0), ((2 / 3, 1.0), 5, 1 / 3)],
)  # fmt: skip
def test_a_degree_is_the_sum_of_scales_over_their_divisor(scales, degree, frequency):
    found = degrees(tilts(*scales), ["Z"])
    assert found.of_words == ((degree,),)
    assert found.frequencies == pytest.approx((frequency,))


def test_scales_without_a_divisor_are_refused_by_name():
    with pytest.raises(InputError) as error:
        degrees(tilts(1.0, math.sqrt(2), source=2), ["Z"])
    assert str(error.value).startswith("data[2]: enters the circuit with scales 1, 1.41421, which")


def test_a_gate_that_holds_an_entry_twice_counts_once():
    gate = Gate("RY", (0,), Angle((Term("data", 0, 1.0), Term("data", 0, 1.0))))
    assert degrees(Circuit(1, (gate,), 1, 0), ["Z"]).of_words == ((1,),)
    gone = Gate("RY", (0,), Angle((Term("data", 0, 1.0), Term("data", 0, -1.0))))
    assert degrees(Circuit(1, (gone,), 1, 0), ["Z"]).of_words == ((0,),)


def test_a_gate_that_commutes_with_the_word_is_seen_all_the_same():
    """A machine that reads 0 and 1 with unequal errors mixes ZZ with its parts."""
    gates = [Gate("RY", (wire,), Angle((Term("data", wire, 1.0),))) for wire in (0, 1)]
    circuit = Circuit(2, (*gates, Gate("CNOT", (0, 1))), n_data=2, n_weights=0)
    assert degrees(circuit, ["ZZ", "ZI"]).of_words == ((1, 1), (1, 1))


@pytest.mark.parametrize(
    ("layers", "qubits", "rows"), [(1, 32, 81), (2, 32, 729), (2, 48, 729), (3, 24, 6561)]
)
@pytest.mark.parametrize("gate", ["cnot", "cz"])
def test_bricks_take_as_many_rows_however_wide(layers, qubits, rows, gate):
    made = encoder("hardware-efficient", qubits, layers=layers, entangler="brick",
                   readout="z+zz-line", entangling_gate=gate)  # fmt: skip
    assert Grid.of(made.traced, made.observables, 0).rows == rows


def test_the_preset_for_hardware_takes_81_rows():
    made = encoder("hardware-efficient", 4, layers=2, entangler="linear", readout="z+zz-all")
    grid = Grid.of(made.traced, made.observables, 0)
    assert (grid.rows, len(Rows.of(grid, None, 0))) == (81, 81 + 20 + 4)


@given(st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=1, max_size=8))
def test_entries_that_a_word_sees_have_colours_of_their_own(of_words):
    found, largest = colour(of_words), [max(column) for column in zip(*of_words, strict=True)]
    for word in of_words:
        seen = [found[entry] for entry, degree in enumerate(word) if degree]
        assert None not in seen and len(set(seen)) == len(seen)
    given_ = {entry: number for entry, number in enumerate(found) if number is not None}
    assert set(given_) == {entry for entry, degree in enumerate(largest) if degree}
    points = sizes(given_, largest)
    assert all(2 * largest[entry] + 1 <= points[number] for entry, number in given_.items())
    assert math.prod(points) <= math.prod(2 * degree + 1 for degree in largest)


def test_entries_of_a_high_degree_share_a_colour():
    assert colour([(3, 1, 0, 0), (0, 0, 3, 1)]) == (0, 1, 0, 1)


@pytest.mark.parametrize("seed", range(5))
def test_each_entry_has_its_own_offset_away_from_special_angles(seed):
    made = encoder("hardware-efficient", 6, layers=2, entangler="brick", readout="z+zz-line")
    grid = Grid.of(made.traced, made.observables, seed)
    assert len(set(grid.offsets)) == 6
    turned = np.concatenate([grid.places(entry).numpy() for entry in range(6)]) / (math.pi / 4)
    assert np.abs(turned - turned.round()).min() > 0.02
    assert grid.offsets != Grid.of(made.traced, made.observables, seed + 1).offsets
    assert grid.offsets == Grid.of(made.traced, made.observables, seed).offsets


def test_rows_are_shuffled_and_one_comes_again_over_the_job():
    made = encoder("hardware-efficient", 4, layers=1, entangler="linear", readout="z+zz-all")
    grid = Grid.of(made.traced, made.observables, 0)
    rows = Rows.of(grid, 16, 3)
    assert rows.data.shape == (len(rows), 4) == (grid.rows + 20, 4)
    for one, other in zip(rows.split(rows.data), (grid.data, rows.checks), strict=False):
        assert torch.equal(one, other)
    assert torch.equal(rows.split(rows.data)[2], rows.sentinel.expand(4, -1))
    when_grid, _, repeats = rows.times
    assert repeats.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1], abs=0.02)
    assert not torch.equal(when_grid, when_grid.sort().values)


def test_a_grid_that_is_too_large_says_why():
    made = encoder("reuploading", 6, layers=3, entangler="ring", readout="z")
    with pytest.raises(InputError) as error:
        Grid.of(made.traced, made.observables, 0, most=20_000)
    assert str(error.value) == (
        "the grid has 117,649 rows, at most 20,000 are measured: with noise between the gates Z0 "
        "sees 6 data entries, data[0] with 7 points (degree 3); take fewer qubits or layers, the "
        "entangler brick and the readout z+zz-line, or another --max-rows"
    )


@pytest.mark.parametrize(("largest", "said"), [(1e6, "2,000,003 rows"), (1e18, "about 10^18 rows")])
def test_a_grid_that_is_too_large_is_refused_before_it_takes_memory(largest, said):
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=re.escape(said)) as error:
            Grid.of(tilts(1.0, largest), ["Z"], 0, most=20_000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert len(str(error.value)) < 300


def test_scales_too_far_apart_for_a_float_are_refused_by_their_entry():
    with pytest.raises(
        InputError, match=r"data\[0\]: enters the circuit with scales 1e-300, 1e\+300"
    ):
        Grid.of(tilts(1e-300, 1e300), ["Z"], 0)


def test_more_checks_than_are_of_use_are_refused_before_they_take_memory():
    with pytest.raises(InputError) as error:
        Rows.of(Grid.of(tilts(1.0), ["Z"], 0), 10**12, 0)
    assert str(error.value) == (
        "checks: expected at most 100,000 rows beside a grid of 3, got 1,000,000,000,000; leave it "
        "out for 16"
    )
