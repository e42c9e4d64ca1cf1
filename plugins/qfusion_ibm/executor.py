"""What was measured, and values computed of it here: `executor_estimator` of the SDK.

Twirling, TREX (readout) and ZNE (folded gates) are computed here, of the reply: it holds the bits
of each shot, and what they were measured for.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from qfusion_ibm.options import Options
from qfusion_ibm.programs import Program, Sent
from qfusion_ibm.template import known_warnings


class Executor(Program):
    """IBM's program ``executor``."""

    name = "executor"

    def start(self, mode: Any, pub: tuple[Any, ...], options: Options, sent: Sent) -> str:
        """One PUB, as a quantum program."""
        estimator = _estimator(mode, options)
        estimator.options.environment.job_tags = list(sent.tags)
        estimator.options.max_execution_time = sent.most_seconds
        return str(estimator.run([pub]).job_id())

    def run_here(
        self, backend: Any, pub: tuple[Any, ...], options: Options, seed: int | None
    ) -> NDArray[Any]:
        """On Aer, mitigation included."""
        estimator = _estimator(backend, options)
        estimator.options.simulator.seed_simulator = seed
        result = estimator.run([pub]).result()
        values: NDArray[Any] = result[0].data.evs
        return values

    def read(self, text: str) -> tuple[Any, Any]:
        """A reply of one PUB."""
        from qiskit_ibm_runtime.decoders.executor.decoder import ExecutorResultDecoder
        from qiskit_ibm_runtime.decoders.executor_estimator.decoder import (
            ClientSideEstimatorDecoder,
        )

        measured = ExecutorResultDecoder.decode(text)
        if not ClientSideEstimatorDecoder.is_applicable(measured):
            raise ValueError("what was measured is not of an estimator")
        found = ClientSideEstimatorDecoder.decode(measured)
        if len(found) != 1:
            raise ValueError(f"{len(found)} results, expected one")
        return found[0].data.evs, found.metadata.get("shots")


def _estimator(mode: Any, options: Options) -> Any:
    from qiskit_ibm_runtime.executor_estimator import Estimator
    from qiskit_ibm_runtime.options_models import EstimatorOptions

    with known_warnings():
        chosen = EstimatorOptions(
            resilience_level=options.resilience_level,
            **options.draw(),
            **options.pulses(),
            **options.twirls(),
        )
        return Estimator(mode=mode, options=chosen)
