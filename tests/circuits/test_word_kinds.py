"""Pauli words in a table for people: nothing is left out, and nothing is a hundred letters long."""

import pytest

from qfusion_core.circuits.pauli_words import READOUTS, pauli_words
from qfusion_core.circuits.word_kinds import LISTED, shown_word, word_kinds


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("wires", [1, 4, 17, 100])
def test_each_word_is_in_one_line_of_a_few(readout, wires):
    words = pauli_words(readout, wires)
    kinds = word_kinds(words)
    assert sorted(word for alike in kinds.values() for word in alike) == sorted(words)
    assert len(kinds) <= LISTED
    assert all(len(name) <= 32 for name in kinds)


def test_words_that_are_alike_in_nothing_are_one_line():
    words = [format(number, "05b").replace("0", "X").replace("1", "Z") for number in range(32)]
    assert word_kinds(words) == {"32 x words": words}


def test_words_that_shortened_are_one_are_written_out():
    words = ["Z" * 50 + letter + "Z" * 49 for letter in "XY"]
    assert shown_word(words[0]) == shown_word(words[1])
    assert word_kinds(words) == {word: [word] for word in words}
