"""How much of a call is spent inside the numba kernels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

KERNELS = ("half_angles", "shears", "forward", "backward")


class KernelClock:
    """CPU time of this process inside the kernels.

    Attributes:
        seconds: Since the start.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time the kernels that the executor calls."""
        from qfusion_statevector.numba_executor import cone_kernels

        timed: dict[str, Any] = {n: self._timed(getattr(cone_kernels, n)) for n in KERNELS}
        with patch.multiple(cone_kernels, **timed):
            yield

    def _timed(self, kernel: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            began = time.process_time()
            result = kernel(*arguments)
            self.seconds += time.process_time() - began
            return result

        return call
