"""The numba kernels, each against the definition that its docstring gives."""

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qfusion_core import Angle, Circuit, Gate, Term
from qfusion_statevector.compiler.pauli import Pauli
from qfusion_statevector.flops import kernel_flops
from qfusion_statevector.numba_executor.buffers import BufferLayout
from qfusion_statevector.numba_executor.diagonals import hadamard
from qfusion_statevector.numba_executor.kernel import kernel
from qfusion_statevector.numba_executor.program_tables import masks
from qfusion_statevector.numba_executor.rotations import turn, turn_back, turn_pair, turn_pair_back
from qfusion_statevector.numba_executor.simd import CACHE_LINE, load, store

N, LANES = 3, 8
words = st.builds(
    lambda x, z: Pauli(x, z, (x & z).bit_count() % 2), st.integers(0, 7), st.integers(0, 7)
).filter(lambda word: word.x or word.z)


@numba.njit
def run_turn(psi, x, z, pq):
    turn(psi, N + 1, x, z, load(pq, 0), load(pq, 1))


@numba.njit
def run_back(psi, lam, x, z, pq, out):
    store(out, 0, turn_back(psi, lam, N + 1, x, z, load(pq, 0), load(pq, 1)))


@numba.njit
def run_pair(psi, x, z, x2, z2, pq, signed):
    p, q, p2, q2 = load(pq, 0), load(pq, 1), load(pq, 2), load(pq, 3)
    turn_pair(psi, N + 1, x, z, p, q, x2, z2, p2, q2, signed)


@numba.njit
def run_pair_back(psi, lam, x, z, x2, z2, pq, signed, units, out):
    p, q, p2, q2 = load(pq, 0), load(pq, 1), load(pq, 2), load(pq, 3)
    one, two = turn_pair_back(psi, lam, N + 1, x, z, p, q, x2, z2, p2, q2, signed, units)
    store(out, 0, one)
    store(out, 1, two)


@numba.njit
def run_hadamard(rows, bits):
    hadamard(rows, bits)


def aligned(dtype, *shapes):
    return BufferLayout(dtype, *shapes).take()


def state(seed):
    """Complex amplitudes ``[8, LANES]``, and the same as rows."""
    rng = np.random.default_rng(seed)
    amplitudes = rng.normal(size=(1 << N, LANES)) + 1j * rng.normal(size=(1 << N, LANES))
    (rows,) = aligned(torch.float64, (2 << N, LANES))
    rows[0::2], rows[1::2] = amplitudes.real, amplitudes.imag
    return amplitudes, rows


def amplitudes_of(rows):
    return rows[0::2] + 1j * rows[1::2]


def times(word, amplitudes):
    k = np.arange(1 << N)
    signs = 1 - 2 * (np.bitwise_count(k & word.z) & 1).astype(float)
    return (1j**word.p * signs[:, None] * amplitudes)[k ^ word.x]


def rotated(word, half, amplitudes):
    return np.cos(half) * amplitudes - 1j * np.sin(half) * times(word, amplitudes)


def shears(*halves):
    (pq,) = aligned(torch.float64, (2 * len(halves), LANES))
    for i, half in enumerate(halves):
        pq[2 * i], pq[2 * i + 1] = np.tan(half / 2), np.sin(half)
    return pq


def halves(seed):
    return np.random.default_rng(seed).uniform(-np.pi / 2, np.pi / 2, LANES)


@settings(deadline=None)
@given(words, st.integers(0, 99))
def test_a_turn_is_the_rotation_about_its_word(word, seed):
    amplitudes, rows = state(seed)
    half = halves(seed)
    run_turn(rows, *masks(word), shears(half))
    np.testing.assert_allclose(amplitudes_of(rows), rotated(word, half, amplitudes), atol=1e-13)


@settings(deadline=None)
@given(words, st.integers(0, 99))
def test_a_turn_back_undoes_it_and_gives_the_gradient(word, seed):
    (psi, psi_rows), (lam, lam_rows) = state(seed), state(seed + 1)
    half = halves(seed)
    expected = np.sum(lam.conj() * times(word, psi), 0).imag
    (out,) = aligned(torch.float64, (1, LANES))
    run_back(psi_rows, lam_rows, *masks(word), shears(half), out)
    np.testing.assert_allclose(out[0], expected, atol=1e-12)
    for before, rows in ((psi, psi_rows), (lam, lam_rows)):
        np.testing.assert_allclose(amplitudes_of(rows), rotated(word, -half, before), atol=1e-13)


@settings(deadline=None)
@given(words, words, st.integers(0, 99))
def test_two_turns_in_one_pass_are_the_two_turns(one, two, seed):
    if masks(one)[0] == masks(two)[0]:
        return
    amplitudes, rows = state(seed)
    pq, (signed, units, out) = (
        shears(halves(seed), halves(seed + 1)),
        aligned(torch.float64, (4, LANES), (2, LANES), (2, LANES)),
    )
    units[:] = [[1], [-1]]
    run_pair(rows, *masks(one), *masks(two), pq, signed)
    middle = rotated(one, halves(seed), amplitudes)
    after = rotated(two, halves(seed + 1), middle)
    np.testing.assert_allclose(amplitudes_of(rows), after, atol=1e-13)

    lam, lam_rows = state(seed + 2)
    run_pair_back(rows, lam_rows, *masks(one), *masks(two), pq, signed, units, out)
    np.testing.assert_allclose(amplitudes_of(rows), amplitudes, atol=1e-13)
    np.testing.assert_allclose(out[1], np.sum(lam.conj() * times(two, after), 0).imag, atol=1e-12)
    lam = rotated(two, -halves(seed + 1), lam)
    np.testing.assert_allclose(out[0], np.sum(lam.conj() * times(one, middle), 0).imag, atol=1e-12)


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5])
def test_the_hadamard_transform_sums_with_all_signs(bits):
    (rows,) = aligned(torch.float64, (1 << bits, LANES))
    rows[:] = np.random.default_rng(bits).normal(size=rows.shape)
    k = np.arange(1 << bits)
    signs = 1 - 2 * (np.bitwise_count(k[:, None] & k) & 1).astype(float)
    expected = signs @ rows
    run_hadamard(rows, bits)
    np.testing.assert_allclose(rows, expected, atol=1e-13)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5))
def test_memory_starts_on_a_cache_line(sizes):
    arrays = aligned(torch.float32, *[(size,) for size in sizes])
    assert [array.shape for array in arrays] == [(size,) for size in sizes]
    assert all(array.ctypes.data % CACHE_LINE == 0 for array in arrays if array.size)


def test_arithmetic_is_counted():
    # one growth: three operations a row, twelve back; the probabilities, lambda, two transforms
    circuit = Circuit(1, (Gate("RY", (0,), Angle((Term("data", 0, 1.0),))),), 1, 0)
    assert kernel_flops(circuit, ["Z"], batch=5) == 5 * (2 * 3 + 2 * 12 + (3 + 2 + 2) * 2)


def test_where_nothing_can_be_kept_on_disk_kernels_are_compiled_all_the_same(monkeypatch):
    from numba.core.caching import CompileResultCacheImpl

    monkeypatch.setattr(CompileResultCacheImpl, "_locator_classes", [])

    def double(number):
        return 2 * number

    with pytest.raises(RuntimeError, match="cannot cache function"):
        numba.njit(double, cache=True)
    assert kernel(double)(21) == 42
