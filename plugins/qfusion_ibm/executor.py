"""What was measured, and values computed of it here: `executor_estimator` of the SDK.

Twirling, TREX (readout) and ZNE (folded gates) are computed here, of the reply: it holds the bits
of each shot, and what they were measured for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray
from typing_extensions import override

from qfusion_ibm.options import Options
from qfusion_ibm.programs import Program, SentJob
from qfusion_ibm.transpiled_circuit import known_warnings
from qfusion_ibm.zne import to_try

_ROLE = "estimator_v2"  # by which the SDK knows who is to read the reply
_MARK = "qfusion"
_FLIPS = "measurement_flips."


class Executor(Program):
    """IBM's program ``executor``."""

    name = "executor"
    measures_all = True

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
        """One PUB, as a quantum program."""
        from qiskit_ibm_runtime import Executor as Sends
        from qiskit_ibm_runtime.executor_estimator.prepare import prepare
        from qiskit_ibm_runtime.options_models import EstimatorOptions

        with known_warnings():
            chosen = EstimatorOptions(**self.chosen(options, sent))
            # as Estimator.run (executor_estimator/estimator.py), which leaves no room for a mark
            program, how = prepare([pub], chosen, backend=backend)
            program._semantic_role = _ROLE
            program.passthrough_data[_MARK] = sent.mark
            return str(Sends(mode=mode, options=how).run(program, dry_run=dry_run).job_id())

    @override
    def chosen(self, options: Options, sent: SentJob) -> dict[str, Any]:
        mitigation = options.mitigation()
        if options.zne:
            zne = mitigation.setdefault("resilience", {}).setdefault("zne", {})
            zne["extrapolator"] = to_try(options.zne_extrapolator)
        return {
            "max_execution_time": sent.most_seconds,
            "environment": {"job_tags": list(sent.tags)},
            **mitigation,
            **options.draw(),
            **options.pulses(),
            **options.twirls(),
        }

    def run_here(
        self, backend: Any, pub: tuple[Any, ...], options: Options, seed: int | None
    ) -> NDArray[Any]:
        """On Aer, mitigation included."""
        from qiskit_ibm_runtime.executor_estimator import Estimator

        chosen = self.chosen(options, SentJob((), None)) | {"simulator": {"seed_simulator": seed}}
        chosen.pop("dynamical_decoupling", None)  # said to have no effect, and needs durations
        with known_warnings():
            result = Estimator(mode=backend, options=chosen).run([pub]).result()
        values: NDArray[Any] = result[0].data.evs
        return values

    def read(self, text: str, mark: str) -> tuple[Any, Any]:
        """A reply of one PUB."""
        from qiskit_ibm_runtime.decoders.executor.decoder import ExecutorResultDecoder
        from qiskit_ibm_runtime.decoders.executor_estimator.decoder import (
            ClientSideEstimatorDecoder,
        )

        measured = ExecutorResultDecoder.decode(text)
        if not ClientSideEstimatorDecoder.is_applicable(measured):
            raise ValueError("what was measured is not of an estimator")
        if measured.passthrough_data.get(_MARK) != mark:
            raise ValueError("another circuit, other angles or observables were measured")
        if not (shots := min(_shots(item) for item in measured)):
            raise ValueError("no shots")
        try:
            results = ClientSideEstimatorDecoder.decode(measured)
        except MemoryError:
            raise ValueError("its bits do not fit into memory: use fewer rows_per_job") from None
        except Exception as error:  # of numpy, of the SDK: bits that are missing, or not asked for
            raise ValueError(f"its parts do not fit together: {error}") from error
        if len(results) != 1:
            raise ValueError(f"{len(results)} results, expected one")
        return results[0].data.evs, shots


def _shots(item: Mapping[str, Any]) -> int:
    """How often each circuit was measured: ``[randomizations, ..., shots, bits]``."""
    (bits,) = (bits for name, bits in item.items() if not name.startswith(_FLIPS))
    if bits.dtype != bool or bits.ndim < 3:
        raise ValueError(f"bits of type {bits.dtype} and shape {list(bits.shape)}")
    return int(bits.shape[0] * bits.shape[-2])
