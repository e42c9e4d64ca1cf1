"""The state-vector simulator read out with a finite number of shots."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from qfusion_core import BlackBoxDevice, Circuit
from qfusion_statevector.autograd import Executor
from qfusion_statevector.executor_choice import ExecutorChoice
from qfusion_statevector.stacked_cones import StackedCones
from qfusion_statevector.torch_executor.executor import TorchExecutor

DRAWS_AT_ONCE = 2**22


class SampledStatevector(BlackBoxDevice):
    """Draws each group of commuting words from its exact distribution.

    Where the circuit is cut into light cones, each cone is drawn by itself: words of one group in
    one cone share their shots, words of different cones are independent. So each word's
    distribution is exact, the joint one of words in different cones is the product of theirs.

    Like a machine, it can only be differentiated by parameter shift.
    """

    name = "statevector"
    shots: int

    def __init__(
        self, shots: int, generator: torch.Generator | None, memory_gb: float | None
    ) -> None:
        """Keep the number of shots and the stream of draws (None: torch's own)."""
        self.shots = shots
        self._generator = generator
        self._memory_gb = memory_gb
        self._choice = ExecutorChoice("torch", memory_gb)
        self._by_angles = lru_cache(maxsize=4)(Circuit.by_angles)

    def __reduce__(self) -> tuple[Any, ...]:
        """Without what is compiled, like `ExecutorChoice`."""
        return SampledStatevector, (self.shots, self._generator, self._memory_gb)

    def evaluate(self, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> Tensor:
        """See `qfusion_core.BlackBoxDevice`."""
        real = torch.promote_types(angles.dtype, torch.float32)
        executor = self._choice.executor(
            self._by_angles(circuit), tuple(observables), real, angles.device, len(angles)
        )
        entries = angles.to(real), angles.new_zeros(0, dtype=real)
        if isinstance(executor, StackedCones):
            return executor.collect(self._sample, *entries)
        return self._sample(executor, *entries)

    def _sample(self, executor: Executor, data: Tensor, weights: Tensor) -> Tensor:
        assert isinstance(executor, TorchExecutor)
        return executor.sample(data, weights, self._draw)

    def _draw(self, probabilities: Tensor) -> Tensor:
        """Relative frequencies ``[2**n, rows]`` of the outcomes in `shots` draws."""
        rows = probabilities.T.cpu()
        counts = torch.zeros(rows.shape, dtype=torch.int64)  # float32 counts no further than 2**24
        for some, of_some in zip(
            *(t.split(self._rows_at_once) for t in (rows, counts)), strict=True
        ):
            for shots in self._shots_at_once:
                draws = torch.multinomial(some, shots, replacement=True, generator=self._generator)
                of_some.scatter_add_(1, draws, counts.new_ones(1, 1).expand(draws.shape))
        return (counts.to(rows.dtype) / self.shots).T.to(probabilities)

    @property
    def _rows_at_once(self) -> int:
        """So many that their draws, eight bytes each, take little memory."""
        return max(1, DRAWS_AT_ONCE // self.shots)

    @property
    def _shots_at_once(self) -> list[int]:
        """More than that of one row in turns: the stream goes on as if they were drawn at once."""
        whole, rest = divmod(self.shots, DRAWS_AT_ONCE)
        return [DRAWS_AT_ONCE] * whole + [rest] * bool(rest)
