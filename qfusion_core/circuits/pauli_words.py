"""Which Pauli words are measured, and how their values are laid out as tokens.

A Pauli word is a string of one letter per wire, wire 0 first: ``"ZZI"`` is Z on wires 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from operator import index as whole
from typing import Literal, get_args

from qfusion_core.errors import InputError

Readout = Literal["z", "z+zz-line", "z+zz-ring", "z+zz-all", "xyz", "xyz+pairs"]
Layout = Literal["per-observable", "per-qubit"]

MOST_WIRES = 256  # of xyz+pairs these are 98,688 words; no machine and no simulator goes as far
READOUTS: tuple[Readout, ...] = get_args(Readout)


def word(n_wires: int, letters: dict[int, str]) -> str:
    """A Pauli word from its letters.

    >>> word(3, {0: "X", 2: "Z"})
    'XIZ'
    """
    return "".join(letters.get(wire, "I") for wire in range(n_wires))


def pauli_words(readout: Readout, n_wires: int) -> tuple[str, ...]:
    """The words of a readout: single wires first, then pairs. Each word stands once.

    ``z+zz-ring`` are the 2Q tokens of the source paper; at two wires the ring is one pair, at one
    wire none. ``z+zz-line`` leaves out the pair that closes the ring: all its pairs are neighbours
    on a machine whose qubits lie in a line. All but ``xyz`` and ``xyz+pairs`` need a single
    measurement setting.

    Raises:
        InputError: No wire, or more than any machine has.

    >>> pauli_words("z+zz-ring", 3)
    ('ZII', 'IZI', 'IIZ', 'ZZI', 'IZZ', 'ZIZ')
    """
    if not 1 <= n_wires <= MOST_WIRES:
        raise InputError(
            f"readout {readout!r}: expected 1 to {MOST_WIRES} qubits, got {n_wires}; set qubits, "
            "or let preprocess.quantum end in {pca: 9}"
        )
    basis = "XYZ" if readout.startswith("xyz") else "Z"
    wires = range(n_wires)
    singles = [word(n_wires, {w: letter}) for letter in basis for w in wires]
    pairs: list[tuple[int, int]] = []
    if readout in ("z+zz-line", "z+zz-ring"):
        closes = readout == "z+zz-ring" and n_wires > 2
        pairs = [*pairwise(wires), *([(n_wires - 1, 0)] if closes else [])]
    elif readout in ("z+zz-all", "xyz+pairs"):
        pairs = list(combinations(wires, 2))
    doubles = [word(n_wires, {a: letter, b: letter}) for letter in basis for a, b in pairs]
    return (*singles, *doubles)


def token_layout(words: Sequence[str], layout: Layout) -> tuple[tuple[int, ...], ...]:
    """Index ``[q_tokens, q_dim]`` into the words.

    ``per-observable``: one scalar token for each word. ``per-qubit``: token j holds every word that
    acts on wire j, so that a pair stands in two tokens. Where fewer words act on a wire than on
    others, as at the ends of a line, the last of them stands more than once.

    >>> token_layout(pauli_words("z+zz-ring", 3), "per-qubit")
    ((0, 3, 5), (1, 3, 4), (2, 4, 5))
    >>> token_layout(pauli_words("z+zz-line", 3), "per-qubit")
    ((0, 3, 3), (1, 3, 4), (2, 4, 4))
    """
    if layout == "per-observable":
        return tuple((index,) for index in range(len(words)))
    tokens = [
        [index for index, text in enumerate(words) if text[wire] != "I"]
        for wire in range(len(words[0]))
    ]
    width = max(map(len, tokens))
    return tuple((*token, *token[-1:] * (width - len(token))) for token in tokens)


def token_positions(
    words: Sequence[str], layout: Sequence[Sequence[int]]
) -> list[tuple[float, float]]:
    """Where each token lies: mean wire of its letters, and mean weight (letters) of its words.

    Args:
        words: Pauli words, none of them all I.
        layout: Index ``[q_tokens, q_dim]`` into the words.

    >>> token_positions(("ZII", "IZZ"), [[0], [1]])
    [(0.0, 1.0), (1.5, 2.0)]
    """
    wires = [[wire for wire, letter in enumerate(text) if letter != "I"] for text in words]
    tokens = [[wire for index in token for wire in wires[index]] for token in layout]
    return [
        (sum(letters) / max(1, len(letters)), len(letters) / len(token))
        for letters, token in zip(tokens, layout, strict=True)
    ]


def rectangular(layout: Sequence[Sequence[int]], n_observables: int) -> list[list[int]]:
    """A layout that somebody wrote, as lists.

    Raises:
        InputError: It is no list of tokens of one length, or an index is out of range.
    """
    try:
        rows = [[whole(entry) for entry in token] for token in layout]
    except TypeError:
        raise InputError(
            "layout: expected a list of tokens, each a list of positions in observables, such as "
            f"[[0], [1]], got {layout!r}"
        ) from None
    widths = sorted({len(row) for row in rows})
    if len(widths) != 1 or widths[0] == 0:
        raise InputError(
            f"layout: all tokens need the same number of entries, at least 1; got {widths}"
        )
    if not all(0 <= entry < n_observables for row in rows for entry in row):
        raise InputError(f"layout: indices must lie in 0..{n_observables - 1}, got {rows}")
    return rows


def commuting_groups(words: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Group words that one measurement setting reads together (qubit-wise commuting, first fit).

    Returns:
        A list of ``(basis, indices)``; ``basis`` has one letter per wire, I where none is measured.

    >>> commuting_groups(["ZI", "XI", "IZ"])
    [('ZZ', [0, 2]), ('XI', [1])]
    """
    groups: list[tuple[str, list[int]]] = []
    for index, text in enumerate(words):
        for position, (basis, members) in enumerate(groups):
            if all("I" in pair or pair[0] == pair[1] for pair in zip(basis, text, strict=True)):
                merged = "".join(b if b != "I" else t for b, t in zip(basis, text, strict=True))
                groups[position] = (merged, [*members, index])
                break
        else:
            groups.append((text, [index]))
    return groups
