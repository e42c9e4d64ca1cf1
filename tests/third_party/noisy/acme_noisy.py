"""Machines with depolarising and readout error, simulated: here, and in a queue."""

from functools import reduce
from itertools import product

import numpy as np
import pennylane as qml
import torch
from pydantic import Field

import qfusion_core
from qfusion_queue import Queue

LETTERS = {"I": np.eye(2), "X": qml.X.compute_matrix(), "Y": qml.Y.compute_matrix()}
LETTERS["Z"] = qml.Z.compute_matrix()


def depolarize(wires, p):
    """Kraus operators of ``rho -> (1 - p) rho + p I/d``: each Pauli word with p / d^2."""
    words = list(product("IXYZ", repeat=len(wires)))
    shares = [1 - p * (len(words) - 1) / len(words), *[p / len(words)] * (len(words) - 1)]
    kraus = [
        np.sqrt(share) * reduce(np.kron, (LETTERS[letter] for letter in word))
        for share, word in zip(shares, words, strict=True)
    ]
    return qml.QubitChannel(kraus, wires=wires)


def misread(wire, p01, p10):
    """A reading that is wrong, as a channel in front of a right one."""
    kraus = np.zeros((4, 2, 2))
    kraus[0, 0, 0], kraus[1, 1, 0] = np.sqrt(1 - p01), np.sqrt(p01)
    kraus[2, 1, 1], kraus[3, 0, 1] = np.sqrt(1 - p10), np.sqrt(p10)
    return qml.QubitChannel(list(kraus), wires=[wire])


class NoiseOptions(qfusion_core.Options):
    shots: int | None = Field(None, ge=1)
    seed: int | None = Field(None, ge=0)
    readout_error: tuple[float, float] = (0.03, 0.06)
    one_qubit: float = 0.001
    two_qubit: float = 0.02
    declared: bool = True


class Noisy(qfusion_core.BlackBoxDevice):
    name = "noisy"
    Options = NoiseOptions

    def __init__(self, options, credentials=None):
        self.options, self.shots = options, options.shots
        self.draws = np.random.default_rng(options.seed)

    def noise_model(self):
        if not self.options.declared:
            return None
        gates = {"one_qubit": self.options.one_qubit, "two_qubit": self.options.two_qubit}
        return qfusion_core.NoiseParameters(
            shots=self.shots, readout_error=self.options.readout_error, depolarizing=gates
        )

    def evaluate(self, circuit, angles, observables):
        values = torch.zeros(len(angles), len(observables)).double()
        for basis, columns in qfusion_core.commuting_groups(observables):
            shares = self.probabilities(circuit, angles.double(), basis)
            if self.shots:
                shares = self.draws.multinomial(self.shots, shares / shares.sum(1, keepdims=True))
                shares = shares / self.shots
            for column in columns:
                word = observables[column]
                signs = [np.array([1, 1 if letter == "I" else -1]) for letter in word]
                values[:, column] = torch.from_numpy(shares @ reduce(np.kron, signs))
        return values

    def probabilities(self, circuit, angles, basis):
        """``[rows, 2^n]`` of the outcomes that are read."""
        with qml.queuing.QueuingManager.stop_recording():
            gates = []
            for gate in circuit.queue(angles):
                two = len(gate.wires) == 2
                p = self.options.two_qubit if two else self.options.one_qubit
                gates += [gate, depolarize(list(gate.wires), p)]
            for wire, letter in enumerate(basis):
                gates += {"X": [qml.H(wire)], "Y": [qml.adjoint(qml.S(wire)), qml.H(wire)]}.get(
                    letter, []
                )
            gates += [misread(wire, *self.options.readout_error) for wire in range(circuit.n_wires)]
            tape = qml.tape.QuantumScript(gates, [qml.probs(wires=range(circuit.n_wires))])
            (tape,), _ = qml.transforms.convert_to_numpy_parameters(tape)
        (shares,) = qml.execute([tape], qml.device("default.mixed", wires=circuit.n_wires))
        return np.broadcast_to(np.asarray(shares), (len(angles), 2**circuit.n_wires))


class NoisyQueue(Queue):
    """A machine with a queue, and a snapshot of it that runs here."""

    name = "noisy-queue"

    class Options(Queue.Options):
        noise: NoiseOptions = NoiseOptions()
        costs: bool = True

    def __init__(self, options, credentials):
        super().__init__(options, credentials)
        self.paid = options.costs

    def snapshot(self):
        return Noisy(self.options.noise.model_copy(update={"shots": self.shots, "seed": 1}))

    def noise_model(self):
        return self.snapshot().noise_model()


class Wrong(qfusion_core.BlackBoxDevice):
    """Takes the wires in the wrong order, needs what nobody has, or dies."""

    name = "wrong"

    class Options(qfusion_core.Options):
        how: str = "order"

    @classmethod
    def packages(cls, options):
        return ["acme-sdk", "pytest"] if options.how == "packages" else []

    def __init__(self, options, credentials=None):
        self.options = options
        if options.how == "exit":
            raise SystemExit("the SDK of ACME gives up")

    def evaluate(self, circuit, angles, observables):
        if self.options.how == "breaks":
            raise ValueError("the simulator of ACME has\na fault")
        return angles.new_zeros(len(angles), len(observables))


@qfusion_core.hookimpl
def qfusion_devices():
    return [Noisy, NoisyQueue, Wrong]
