"""What runs in the process of one simulator: it prepares a circuit and repeats it on demand."""

from __future__ import annotations

import signal
import time
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from peers.catalogue import entry
from peers.peer import Pass, Peer

from timing.case import Case
from timing.one_thread import pin

MOST = 200  # repetitions in one turn
WARM = 0.02  # below this time for a call, the first one of a turn pays for cold caches


def serve(connection: Connection, name: str, core: int | None) -> None:
    """Answer requests ``(method, arguments)`` until the parent hangs up.

    Every answer is ``(True, result)`` or ``(False, what went wrong)``.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent alone heeds it, and ends its children
    pin(core)
    child = Child(name)
    while True:
        try:
            method, arguments = connection.recv()
        except EOFError:
            return
        try:
            answer = True, getattr(child, method)(*arguments)
        except Exception as error:
            answer = False, f"{type(error).__name__}: {error}".splitlines()[0][:300]
        connection.send(answer)


class Child:
    """One simulator with, at any time, one circuit."""

    def __init__(self, name: str) -> None:
        self._entry = entry(name)
        self._adapter: type[Peer] | None = None
        self._peer: Peer | None = None
        self._inputs: list[Any] = []
        self._last = 0.0

    def load(self) -> dict[str, Any]:
        """Import the library; returns what the parent should know of the adapter."""
        import torch

        torch.set_num_threads(1)
        self._adapter = self._entry.load()
        return {"per_sample": self._adapter.per_sample, "precision": self._adapter.precision}

    def predict(self, case: Case) -> float:
        """CPU seconds for a call whose time is proportional to the batch, from one row."""
        data, weights, cotangent = case.inputs()
        assert self._adapter is not None
        self._peer = self._adapter(case.traced, case.observables, case.dtype)
        self._inputs = [self._peer.place(a) for a in (data[:1], weights, cotangent[:1])]
        self._peer.step(*self._inputs)
        return self._timed() * case.batch

    def first(self, case: Case) -> tuple[float, Pass]:
        """CPU seconds of the first call, translation and compilation included, and what it gave."""
        traced, observables, inputs = case.traced, case.observables, case.inputs()
        assert self._adapter is not None
        began = time.process_time()
        self._peer = self._adapter(traced, observables, case.dtype)
        self._inputs = [self._peer.place(array) for array in inputs]
        result = self._peer.step(*self._inputs)
        seconds = time.process_time() - began
        return seconds, Pass(*(np.asarray(array) for array in result))

    def repeat(self, seconds: float) -> tuple[float, float]:
        """As many calls as fit into ``seconds``, at least one.

        Returns:
            CPU and wall-clock seconds of a call: means over the turn.
        """
        if self._last < WARM:
            self._timed()
        calls, cpu, wall = 0, time.process_time(), time.perf_counter()
        while not calls or (time.perf_counter() - wall < seconds and calls < MOST):
            self._call()
            calls += 1
        self._last = (time.perf_counter() - wall) / calls
        return (time.process_time() - cpu) / calls, self._last

    def _timed(self) -> float:
        began = time.process_time()
        self._call()
        return time.process_time() - began

    def _call(self) -> None:
        assert self._peer is not None
        self._peer.step(*self._inputs)
