"""IBM's programs, one of which runs a job: how it is asked, and what its reply means.

``estimator`` computes expectation values at IBM. ``executor`` gives what was measured, and the
values are computed here, as often as wanted. Which one runs a job stands in its facts, so that a
measurement ends as it began, whichever client is installed by then.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from numpy.typing import NDArray

from qfusion_core import InputError
from qfusion_ibm.client import gives_counts, installed
from qfusion_ibm.options import Options

# of which `samplomatic`, which makes programs for ``executor``, makes its layers
_GATES = {"rz", "sx", "x", "id", "cx", "cz", "ecr"}
_NO_GATES = {"measure", "reset", "delay", "barrier"}
FACT = "program"  # among the facts of a job; without it, it is of a release that knew one program


class Sent(NamedTuple):
    """What goes with a job.

    Attributes:
        tags: Of the job; the first is its key.
        most_seconds: QPU seconds after which IBM ends it.
    """

    tags: Sequence[str]
    most_seconds: int | None


class Program(ABC):
    """One of them.

    Attributes:
        name: IBM's id of it.
    """

    name: ClassVar[str]

    @abstractmethod
    def start(self, mode: Any, pub: tuple[Any, ...], options: Options, sent: Sent) -> str:
        """Send a job; its id.

        Args:
            mode: Of the SDK: a backend, batch or session.
            pub: Circuit, observables and, if the circuit has parameters, rows of angles.
            options: Of the device.
            sent: What goes with it.
        """

    @abstractmethod
    def chosen(self, options: Options, sent: Sent) -> dict[str, Any]:
        """Options of the SDK for a job that is sent."""

    @abstractmethod
    def run_here(
        self, backend: Any, pub: tuple[Any, ...], options: Options, seed: int | None
    ) -> NDArray[Any]:
        """Values ``[observables, rows]`` of a job that runs in this process, to its end."""

    @abstractmethod
    def read(self, text: str) -> tuple[Any, Any]:
        """What a reply says: values ``[observables, rows]``, and how many shots it tells of.

        Raises:
            Exception: Of the SDK or of Python, where it cannot be read.
        """


def program_of(facts: Mapping[str, Any]) -> Program:
    """The program of a job.

    Raises:
        InputError: The client that is installed does not know it: which one to install.
    """
    from qfusion_ibm.estimator import Estimator

    name = facts.get(FACT, Estimator.name)
    if name == Estimator.name:
        return Estimator()
    if not gives_counts():
        raise InputError(
            f"ibm: this job is one of IBM's program {name!r}, which qiskit-ibm-runtime "
            f"{installed()} does not know; pip install 'qiskit-ibm-runtime>=0.51', which qfusion"
            "[ibm] brings; nothing is lost"
        )
    from qfusion_ibm.executor import Executor

    return Executor()


def facts_of(names: Iterable[str]) -> dict[str, str]:
    """What a job's facts say of the program that it is planned for.

    Args:
        names: Of the gates that the machine has. Those of before 2021 had others.
    """
    known = gives_counts() and set(names) <= _GATES | _NO_GATES
    return {FACT: "executor"} if known else {}
