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
        return str(_estimator(mode, self.chosen(options, sent)).run([pub]).job_id())

    def chosen(self, options: Options, sent: Sent) -> dict[str, Any]:
        """Of the SDK."""
        return {
            "resilience_level": options.resilience_level,
            "max_execution_time": sent.most_seconds,
            "environment": {"job_tags": list(sent.tags)},
            **options.draw(),
            **options.pulses(),
            **options.twirls(),
        }

    def run_here(
        self, backend: Any, pub: tuple[Any, ...], options: Options, seed: int | None
    ) -> NDArray[Any]:
        """On Aer, mitigation included."""
        chosen = self.chosen(options, Sent((), None)) | {"simulator": {"seed_simulator": seed}}
        result = _estimator(backend, chosen).run([pub]).result()
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


def _estimator(mode: Any, chosen: dict[str, Any]) -> Any:
    from qiskit_ibm_runtime.executor_estimator import Estimator

    with known_warnings():
        return Estimator(mode=mode, options=chosen)
