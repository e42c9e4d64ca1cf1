"""Arithmetic per second of a forward and backward pass, beside what sgemm reaches.

Per second of CPU time, on one thread: others on the same core do not disturb it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from timing.case import Case
from timing.summary import Summary, summarise

from limits.kernels import KernelClock

SIZES = (512, 1024, 1536)  # of the square matrices; the fastest counts


@dataclass(frozen=True)
class Arithmetic:
    """What one case reached, in GF/s.

    Attributes:
        seconds: Of a whole call: forward, loss, backward.
        flops: Of its kernels, as the plugin counts them; None where it does not.
        kernel_seconds: Of a call, inside its kernels.
        share: Of sgemm's rate in the same round, over the whole call.
        kernel_share: The same over the time inside the kernels.
    """

    case: Case
    executor: str
    seconds: Summary
    flops: int | None
    kernel_seconds: Summary | None
    share: Summary | None
    kernel_share: Summary | None


def kernel_flops(case: Case, executor: str) -> int | None:
    """Floating-point operations in the kernels of a forward and backward pass; None: not counted.

    The count is the plugin's, which knows the program that the circuit was compiled to; it is that
    of the numba kernels.
    """
    if "numba" not in executor:
        return None
    from qfusion_statevector.flops import kernel_flops

    return kernel_flops(case.traced, case.observables, case.batch)


def sgemm_gflops(size: int) -> float:
    """Rate of one product of two square float32 matrices."""
    one, other = torch.rand(2, size, size)
    began = time.process_time()
    torch.mm(one, other)
    return 2e-9 * size**3 / (time.process_time() - began)


def fastest_size() -> int:
    """The size at which sgemm reaches most."""
    return max(SIZES, key=lambda size: statistics.median(sgemm_gflops(size) for _ in range(5)))


def measure(
    case: Case, executor: str, step: Callable[[], object], *, size: int, rounds: int
) -> tuple[Arithmetic, list[float]]:
    """Turns of the call and of sgemm, one after the other.

    Args:
        case: What ``step`` computes.
        executor: Its name.
        step: Forward, loss and backward.
        size: Of sgemm's matrices.
        rounds: Number of turns.

    Returns:
        What the case reached, and sgemm's rate in each round.
    """
    step()
    flops = kernel_flops(case, executor)
    seconds, inside, rates = [], [], []
    for _ in range(rounds):
        seconds.append(per_call(step))
        if flops is not None:
            inside.append(inside_kernels(step))
        rates.append(statistics.median(sgemm_gflops(size) for _ in range(3)))
    whole = summarise(seconds)
    if flops is None:
        return Arithmetic(case, executor, whole, None, None, None, None), rates
    of_call, of_kernels = (shares(flops, times, rates) for times in (seconds, inside))
    return Arithmetic(case, executor, whole, flops, summarise(inside), of_call, of_kernels), rates


def shares(flops: int, seconds: Sequence[float], rates: Sequence[float]) -> Summary:
    """Of sgemm's rate, round by round.

    >>> shares(10**9, [1.0, 0.5], [4.0, 4.0]).median
    0.375
    """
    return summarise([1e-9 * flops / s / rate for s, rate in zip(seconds, rates, strict=True)])


def inside_kernels(step: Callable[[], object]) -> float:
    """CPU seconds of a call inside the numba kernels."""
    clock, calls = KernelClock(), 0

    def counted() -> None:
        nonlocal calls
        calls += 1
        step()

    with clock.running():
        per_call(counted)
    return clock.seconds / calls


def per_call(step: Callable[[], object], least: float = 0.02) -> float:
    """CPU seconds of a call: the mean of as many as fit into ``least`` seconds."""
    calls, began = 0, time.process_time()
    while not calls or time.process_time() - began < least:
        step()
        calls += 1
    return (time.process_time() - began) / calls
