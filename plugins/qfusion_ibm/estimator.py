"""Expectation values that IBM computes, with its own mitigation: `EstimatorV2` of the SDK.

The SDK calls it deprecated from 0.50 on; measurements that began with it end with it.
"""

from __future__ import annotations

import json
from typing import Any

from numpy.typing import NDArray
from typing_extensions import override

from qfusion_ibm.options import Options
from qfusion_ibm.programs import Program, SentJob
from qfusion_ibm.transpiled_circuit import known_warnings


class Estimator(Program):
    """IBM's program ``estimator``."""

    name = "estimator"
    idle_here = ("resilience_level", "measure_mitigation", "zne_mitigation", "twirling")

    @override
    def start(
        self,
        mode: Any,
        backend: Any,
        pub: tuple[Any, ...],
        options: Options,
        sent: SentJob,
        *,
        dry_run: bool = False,
    ) -> str:
        how = {"dry_run": True} if dry_run else {}  # which the older client does not know
        return str(_estimator(mode, self.chosen(options, sent)).run([pub], **how).job_id())

    @override
    def chosen(self, options: Options, sent: SentJob) -> dict[str, Any]:
        chosen = options.mitigation() | options.draw() | options.pulses() | options.twirls()
        if sent.most_seconds is not None:
            chosen["max_execution_time"] = sent.most_seconds
        return chosen | {"environment": {"job_tags": list(sent.tags)}}

    def run_here(
        self, backend: Any, pub: tuple[Any, ...], options: Options, seed: int | None
    ) -> NDArray[Any]:
        """On Aer, without mitigation: the SDK has none in this process."""
        chosen: dict[str, Any] = options.draw()
        if seed is not None:
            chosen["simulator"] = {"seed_simulator": seed}
        result = _estimator(backend, chosen).run([pub]).result()
        values: NDArray[Any] = result[0].data.evs
        return values

    def read(self, text: str, mark: str) -> tuple[Any, Any]:
        """A result of one PUB. It does not say what was asked."""
        from qiskit_ibm_runtime import RuntimeDecoder

        decoded = json.loads(text, cls=RuntimeDecoder)
        if len(decoded) != 1:
            raise ValueError(f"{len(decoded)} results, expected one")
        return decoded[0].data.evs, (decoded[0].metadata or {}).get("shots")


def _estimator(mode: Any, chosen: dict[str, Any]) -> Any:
    from qiskit_ibm_runtime import EstimatorV2

    with known_warnings():
        return EstimatorV2(mode=mode, options=chosen)
