"""The torch executor: bases in which words are X, groups that keep the order that matters."""

from functools import reduce

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qfusion_statevector.compiler.gf2 import reduce as eliminate
from qfusion_statevector.compiler.pauli import Pauli
from qfusion_statevector.compiler.schedule import Diagonal, Rotation
from qfusion_statevector.torch_executor.basis import Basis
from qfusion_statevector.torch_executor.groups import PhaseGroup, RotationGroup, group

N = 4


def hermitian(x, z):
    return Pauli(x, z, (x & z).bit_count() % 2)


words = st.builds(hermitian, st.integers(1, 15), st.integers(0, 15))


def act(pauli, state):
    """On amplitudes indexed by basis states, bit q for wire q."""
    k = np.arange(1 << N)
    signs = 1 - 2 * (np.bitwise_count(k & pauli.z) & 1).astype(float)
    return (1j**pauli.p * signs * state)[k ^ pauli.x]


def commuting(found):
    """Those that commute with all before and have a new X mask."""
    kept, pivots = [], {}
    for word in found:
        rest = eliminate(word.x, pivots)
        if rest and all(word.commutes(other) for other in kept):
            kept.append(word)
            pivots[rest.bit_length()] = rest
    return kept


def vectors(basis):
    """Column l is the state at position l."""
    table = np.zeros((1 << N, 1 << N), complex)
    table[basis.states, np.arange(1 << N)] = 1j**basis.exponents
    return table


@given(st.lists(words, max_size=8).map(commuting))
def test_in_its_basis_each_word_is_x_on_a_bit_of_its_own(kept):
    table = vectors(Basis.of(kept, N))
    assert np.allclose(table.conj().T @ table, np.eye(1 << N))
    for number, word in enumerate(kept):
        flipped = np.arange(1 << N) ^ (1 << (N - 1 - number))
        for position in range(1 << N):
            assert np.allclose(act(word, table[:, position]), table[:, flipped[position]])


@given(*[st.lists(words, max_size=6).map(commuting)] * 2)
def test_a_state_keeps_its_amplitudes_when_the_basis_changes(one, two):
    old, new = Basis.of(one, N), Basis.of(two, N)
    amplitudes = np.random.default_rng(0).normal(size=1 << N)
    source, exponents = old.move(new)
    moved = 1j**exponents * amplitudes[source]
    assert np.allclose(vectors(new) @ moved, vectors(old) @ amplitudes)


@given(st.lists(words, max_size=6).map(commuting), st.integers(0, 15))
def test_a_word_of_z_is_a_mask_of_positions(kept, z):
    basis = Basis.of(kept, N)
    signs = 1 - 2 * (np.bitwise_count(np.arange(1 << N) & basis.mask(z)) & 1).astype(int)
    expected = 1 - 2 * (np.bitwise_count(basis.states & z) & 1).astype(int)
    assert signs.tolist() == expected.tolist()


@given(st.lists(st.tuples(words, st.booleans(), st.booleans()), max_size=15))
def test_groups_keep_the_order_of_what_does_not_commute(found):
    steps = []
    for number, (word, diagonal, sampled) in enumerate(found):
        angle = np.array([float(sampled), number + 1.0])
        if diagonal and not sampled:
            steps.append(Diagonal({word.x: angle}))
        else:
            steps.append(Rotation(Pauli(z=word.x) if diagonal else word, angle))
    order = []
    for members in group(steps, n_data=1):
        if isinstance(members, RotationGroup):
            assert all(turn.angle[0] == members.per_sample for turn in members.rotations)
            order += [turn.angle[1] for turn in members.rotations]
        else:
            assert isinstance(members, PhaseGroup)
            order += [angle[1] for _, angle in members.angles]
    assert sorted(order) == [number + 1 for number in range(len(steps))]
    place = {int(number) - 1: position for position, number in enumerate(order)}
    as_words = [w if not d else Pauli(z=w.x) for w, d, _ in found]
    for i in range(len(steps)):
        for j in range(i):
            assert as_words[i].commutes(as_words[j]) or place[j] < place[i]


def test_the_reference_of_these_tests_is_right():
    y = reduce(lambda a, b: a * b, [Pauli(p=1), Pauli(x=1), Pauli(z=1)])
    assert act(y, np.eye(1 << N)[0])[1] == 1j
