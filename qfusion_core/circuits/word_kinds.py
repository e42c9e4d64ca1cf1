"""Pauli words as a table for people shows them: those of a hundred qubits are hundreds of lines."""

from __future__ import annotations

from collections.abc import Iterable

from qfusion_core.circuits.pauli_words import commuting_groups
from qfusion_core.printable import shortened

LISTED = 16  # words that have a line each, and letters of a word that is written out


def shown_word(word: str) -> str:
    """A word as it is; the letters of a long one with their wires.

    >>> shown_word("ZIII"), shown_word("I" * 17 + "ZZ" + "I" * 81)
    ('ZIII', 'Z17 Z18')
    """
    if len(word) <= LISTED:
        return word
    letters = [f"{letter}{wire}" for wire, letter in enumerate(word) if letter != "I"]
    return shortened(" ".join(letters), 24) or "I"


def word_kinds(words: Iterable[str]) -> dict[str, list[str]]:
    """Words that share a line, by its name: each alone while they are few, else those alike.

    >>> word_kinds(["ZI", "IZ"])
    {'ZI': ['ZI'], 'IZ': ['IZ']}
    >>> from qfusion_core.circuits.pauli_words import pauli_words
    >>> {name: len(alike) for name, alike in word_kinds(pauli_words("z+zz-line", 100)).items()}
    {'100 x Z': 100, '99 x ZZ': 99}
    """
    words = list(words)
    if len(words) <= LISTED:
        short = {shown_word(word): [word] for word in words}
        return short if len(short) == len(words) else {word: [word] for word in words}
    alike: dict[str, list[str]] = {}
    for word in words:
        alike.setdefault(shortened(word.replace("I", ""), 24), []).append(word)
    if len(alike) > LISTED:
        alike = {"words": words}
    return {f"{len(each)} x {letters}": each for letters, each in alike.items()}


def said_of_words(words: Iterable[str]) -> str:
    """How many they are, and in how many measurement settings.

    >>> said_of_words(["ZI", "IZ", "XI"])
    '3 observables in 2 measurement settings'
    """
    words = list(words)
    settings = len(commuting_groups(words))
    return (
        f"{len(words)} observable{'' if len(words) == 1 else 's'} in {settings} measurement "
        f"setting{'' if settings == 1 else 's'}"
    )
