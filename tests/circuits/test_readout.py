"""Readouts: which words, how they are laid out, what one measurement setting reads."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfusion_core.circuits.pauli_words import (
    READOUTS,
    commuting_groups,
    pauli_words,
    token_layout,
    word,
)

COUNTS = {
    "z": lambda n: n,
    "z+zz-line": lambda n: 2 * n - 1,
    "z+zz-ring": lambda n: 2 * n if n > 2 else 2 * n - 1,
    "z+zz-all": lambda n: n + n * (n - 1) // 2,
    "xyz": lambda n: 3 * n,
    "xyz+pairs": lambda n: 3 * n + 3 * n * (n - 1) // 2,
}


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("n_wires", [1, 2, 3, 4, 9])
def test_each_word_stands_once_and_has_a_letter_for_each_wire(readout, n_wires):
    words = pauli_words(readout, n_wires)
    assert len(words) == len(set(words)) == COUNTS[readout](n_wires)
    assert all(len(text) == n_wires and set(text) <= set("IXYZ") for text in words)
    assert all(1 <= n_wires - text.count("I") <= 2 for text in words)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("n_wires", [1, 2, 3, 5])
def test_layouts_show_every_word(readout, n_wires):
    words = pauli_words(readout, n_wires)
    single = token_layout(words, "per-observable")
    assert single == tuple((i,) for i in range(len(words)))
    by_qubit = token_layout(words, "per-qubit")
    assert len(by_qubit) == n_wires
    assert len({len(token) for token in by_qubit}) == 1
    for wire, token in enumerate(by_qubit):
        acting = [i for i, text in enumerate(words) if text[wire] != "I"]
        # an end of a line has one neighbour, whose word stands again
        at_an_end = readout == "z+zz-line" and n_wires > 2 and wire in (0, n_wires - 1)
        assert list(token) == [*acting, *acting[-1:] * at_an_end]


def test_a_line_is_a_ring_that_is_open():
    assert pauli_words("z+zz-line", 5) == pauli_words("z+zz-ring", 5)[:-1]
    assert len(commuting_groups(pauli_words("z+zz-line", 9))) == 1


def test_per_qubit_tokens_start_with_the_qubit_itself():
    words = pauli_words("z+zz-all", 4)
    named = [[words[i] for i in token] for token in token_layout(words, "per-qubit")]
    assert named[1] == ["IZII", "ZZII", "IZZI", "IZIZ"]


@pytest.mark.parametrize(("readout", "settings"), [("z", 1), ("z+zz-ring", 1), ("z+zz-all", 1)])
def test_z_readouts_are_one_setting(readout, settings):
    assert len(commuting_groups(pauli_words(readout, 5))) == settings


@pytest.mark.parametrize("readout", ["xyz", "xyz+pairs"])
def test_xyz_readouts_are_three_settings(readout):
    bases = [basis for basis, _ in commuting_groups(pauli_words(readout, 3))]
    assert bases == ["XXX", "YYY", "ZZZ"]


@given(st.lists(st.text("IXYZ", min_size=3, max_size=3), max_size=12))
def test_groups_cover_every_word_once_and_read_all_their_members(words):
    groups = commuting_groups(words)
    covered = list(itertools.chain.from_iterable(members for _, members in groups))
    assert sorted(covered) == list(range(len(words)))
    for basis, members in groups:
        for index in members:
            assert all(a in ("I", b) for a, b in zip(words[index], basis, strict=True))


def test_a_word_from_its_letters():
    assert word(4, {3: "X", 0: "Y"}) == "YIIX"
    assert word(2, {}) == "II"
