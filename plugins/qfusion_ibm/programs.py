"""IBM's programs, one of which runs a job: how it is asked, and what its reply means.

``estimator`` computes expectation values at IBM. ``executor`` gives what was measured, and the
values are computed here, as often as wanted. Which one runs a job stands in its facts, so that a
measurement ends as it began, whichever client is installed by then.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from numpy.typing import NDArray

from qfusion_core import InputError, Job, Refused
from qfusion_ibm.options import Options
from qfusion_ibm.sdk_version import PACKAGE, gives_counts, installed

# of which `samplomatic`, which makes programs for ``executor``, makes its layers
_GATES = {"rz", "sx", "x", "id", "cx", "cz", "ecr"}
_NO_GATES = {"measure", "reset", "delay", "barrier"}
FACT = "program"  # among the facts of a job; without it, it is of a release that knew one program


class SentJob(NamedTuple):
    """What goes with a job.

    Attributes:
        tags: Of the job; the first is its key.
        most_seconds: QPU seconds after which IBM ends it.
        mark: Of what is asked (`mark_of`); where the program has that, the reply brings it back.
    """

    tags: Sequence[str]
    most_seconds: int | None
    mark: str = ""


class Program(ABC):
    """One of them.

    Attributes:
        name: IBM's id of it.
        idle_here: Options that it does not act on where a job runs in this process.
        measures_all: Whether it measures every qubit of the machine, used or not.
    """

    name: ClassVar[str]
    idle_here: ClassVar[tuple[str, ...]] = ()
    measures_all: ClassVar[bool] = False

    @abstractmethod
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
        """Send a job; its id.

        Args:
            mode: Of the SDK: the backend, or a batch or session on it.
            backend: Qiskit's, of the machine.
            pub: Circuit, observables and, if the circuit has parameters, rows of angles.
            options: Of the device.
            sent: What goes with it.
            dry_run: To IBM's stand-in for the machine, which takes no QPU time.
        """

    @abstractmethod
    def chosen(self, options: Options, sent: SentJob) -> dict[str, Any]:
        """Options of the SDK for a job that is sent."""

    @abstractmethod
    def run_here(
        self, backend: Any, pub: tuple[Any, ...], options: Options, seed: int | None
    ) -> NDArray[Any]:
        """Values ``[observables, rows]`` of a job that runs in this process, to its end."""

    @abstractmethod
    def read(self, text: str, mark: str) -> tuple[Any, Any]:
        """What a reply says: values ``[observables, rows]``, and how many shots it tells of.

        Args:
            text: The reply.
            mark: Of what was asked.

        Raises:
            Exception: Of the SDK or of Python, where it cannot be read; `ValueError` where it is
                of another job.
        """


def mark_of(job: Job) -> str:
    """A digest of what a job asks: its circuit, angles and observables."""
    digest = hashlib.sha256(job.circuit.digest().encode())
    digest.update(repr((job.shape, job.observables)).encode())
    digest.update(job.angles.contiguous().numpy().tobytes())
    return digest.hexdigest()


def require_twirling(options: Options) -> None:
    """Refuse to plan what IBM's newer client would change with a warning, and send.

    What was sent with the older one goes on.

    Raises:
        InputError: TREX without a twirled measurement.
    """
    if options.trex and options.twirling in ("none", "gates"):
        other = "both" if options.twirling == "gates" else "measurement"
        raise InputError(
            f"ibm: twirling: {options.twirling} does not twirl the measurement, as TREX does with "
            f"{PACKAGE} {installed()}; write twirling: {other}, or measure_mitigation: false"
        )


def program_of(facts: Mapping[str, Any]) -> Program:
    """The program of a job.

    Raises:
        Refused: The client that is installed does not know it: which one to install.
    """
    from qfusion_ibm.estimator import Estimator

    name = facts.get(FACT, Estimator.name)
    if name == Estimator.name:
        return Estimator()
    if not gives_counts():
        raise Refused(
            f"it is of IBM's program {name!r}, which {PACKAGE} {installed()} does not know",
            next_step=f"pip install '{PACKAGE}>=0.51', as qfusion[ibm] does",
        )
    from qfusion_ibm.executor import Executor

    return Executor()


def program_facts(names: Iterable[str]) -> dict[str, str]:
    """What a job's facts say of the program that it is planned for.

    Args:
        names: Of the gates that the machine has. Those of before 2021 had others.
    """
    takes_executor = gives_counts() and set(names) <= _GATES | _NO_GATES
    return {FACT: "executor"} if takes_executor else {}
