"""Forty QNodes of the kinds that people publish: what they queue and return, on named arguments.

``x`` are four features, ``w`` twelve weights; both are differentiated.
"""

import numpy as np
import pennylane as qml

KET = np.array([1, 2j, -1, 0.5]) / np.linalg.norm([1, 2, 1, 0.5])
HERMITIAN = np.array([[1.0, 0.4 - 0.3j], [0.4 + 0.3j, -0.5]])


def angle_embedding_and_strong_layers(x, w):
    qml.AngleEmbedding(x, wires=range(4))
    qml.StronglyEntanglingLayers(w.reshape(1, 4, 3), wires=range(4))
    return [qml.expval(qml.Z(i)) for i in range(4)]


def basic_entangler_layers(x, w):
    qml.AngleEmbedding(x, wires=range(4), rotation="Y")
    qml.BasicEntanglerLayers(w.reshape(3, 4), wires=range(4))
    return qml.expval(qml.Z(0) @ qml.Z(3))


def reuploading(x, w):
    for layer in range(3):
        for wire in range(4):
            qml.Rot(x[wire], w[4 * layer + wire], x[wire] * w[wire], wires=wire)
        qml.CNOT([0, 1])
        qml.CZ([2, 3])
    return qml.expval(qml.Z(0))


def qaoa_of_a_ring(x, w):
    edges = [(0, 1), (1, 2), (2, 3), (3, 0)]
    for wire in range(4):
        qml.H(wire)
    for layer in range(2):
        for a, b in edges:
            qml.IsingZZ(2 * w[layer], wires=[a, b])
        for wire in range(4):
            qml.RX(2 * w[layer + 2], wires=wire)
    cost = qml.sum(*[0.5 * (qml.I(a) - qml.Z(a) @ qml.Z(b)) for a, b in edges])
    return qml.expval(cost)


def qaoa_with_layers(x, w):
    cost = qml.Hamiltonian([1.0, 0.5], [qml.Z(0) @ qml.Z(1), qml.Z(1) @ qml.Z(2)])
    mixer = qml.Hamiltonian([1.0] * 3, [qml.X(i) for i in range(3)])
    for layer in range(2):
        qml.qaoa.cost_layer(w[layer], cost)
        qml.qaoa.mixer_layer(w[layer + 2], mixer)
    return qml.expval(cost)


def vqe_of_hydrogen(x, w):
    qml.BasisState(np.array([1, 1, 0, 0]), wires=range(4))
    qml.DoubleExcitation(w[0], wires=range(4))
    qml.SingleExcitation(w[1], wires=[0, 2])
    qml.SingleExcitation(w[2], wires=[1, 3])
    words = [qml.Z(0), qml.Z(1), qml.Z(0) @ qml.Z(1), qml.X(0) @ qml.X(1) @ qml.Y(2) @ qml.Y(3)]
    return qml.expval(qml.Hamiltonian([0.17, 0.17, 0.12, -0.045], words))


def convolution_and_pooling(x, w):
    qml.AngleEmbedding(x, wires=range(4))
    for a, b in [(0, 1), (2, 3), (1, 2)]:
        qml.U3(w[0], w[1], w[2], wires=a)
        qml.U3(w[3], w[4], w[5], wires=b)
        qml.CNOT([a, b])
    for a, b in [(0, 1), (2, 3)]:
        qml.CRZ(w[6], wires=[a, b])
        qml.X(a)
        qml.CRX(w[7], wires=[a, b])
    return qml.expval(qml.Z(1)), qml.expval(qml.Z(3))


def transfer_learning(x, w):
    for wire in range(4):
        qml.H(wire)
        qml.RY(np.pi / 2 * x[wire], wires=wire)
    for layer in range(3):
        for a, b in [(0, 1), (2, 3), (1, 2)]:
            qml.CNOT([a, b])
        for wire in range(4):
            qml.RY(w[4 * layer + wire], wires=wire)
    return [qml.expval(qml.Z(i)) for i in range(4)]


def quanvolution(x, w):
    for wire in range(4):
        qml.RY(np.pi * x[wire], wires=wire)
    qml.RandomLayers(w.reshape(1, 12), wires=range(4), seed=3)
    return [qml.expval(qml.Z(i)) for i in range(4)]


def kernel(x, w):
    qml.AngleEmbedding(x, wires=range(4))
    qml.adjoint(qml.AngleEmbedding)(w[:4], wires=range(4))
    return qml.probs(wires=range(4))


def iqp_embedding(x, w):
    qml.IQPEmbedding(x, wires=range(4), n_repeats=2)
    qml.RX(w[0], wires=0)
    return qml.expval(qml.X(0) @ qml.Y(1))


def zz_feature_map(x, w):
    for wire in range(4):
        qml.H(wire)
        qml.PhaseShift(2 * x[wire], wires=wire)
    for a in range(3):
        qml.CNOT([a, a + 1])
        qml.PhaseShift(2 * (np.pi - x[a]) * (np.pi - x[a + 1]), wires=a + 1)
        qml.CNOT([a, a + 1])
    qml.RY(w[0], wires=0)
    return qml.probs(wires=[0, 3])


def amplitude_embedding(x, w):
    qml.AmplitudeEmbedding(KET, wires=[0, 1])
    qml.RX(x[0], wires=0)
    qml.CRY(w[0], wires=[0, 1])
    return qml.expval(qml.Z(1))


def state_preparation(x, w):
    qml.StatePrep(KET, wires=[2, 1])
    qml.Rot(x[0], w[0], w[1], wires=1)
    return qml.expval(qml.Y(1)), qml.probs(wires=[1, 2])


def named_wires(x, w):
    qml.RX(x[0], wires="left")
    qml.CRY(w[0], wires=["left", "right"])
    qml.RZ(x[1], wires="right")
    return qml.expval(qml.X("right")), qml.probs(wires=["right", "left"])


def fewer_wires_than_the_device(x, w):
    qml.RX(x[0], wires=2)
    qml.RY(w[0], wires=2)
    return qml.expval(qml.Z(2)), qml.expval(qml.Z(0)), qml.probs(wires=[3])


def hermitian(x, w):
    qml.Rot(x[0], w[0], w[1], wires=0)
    qml.CNOT([0, 1])
    return qml.expval(qml.Hermitian(HERMITIAN, wires=1)), qml.var(qml.Hermitian(HERMITIAN, wires=0))


def projectors(x, w):
    qml.RY(x[0], wires=0)
    qml.CRX(w[0], wires=[0, 1])
    return qml.expval(qml.Projector([1, 0], wires=[0, 1])), qml.expval(
        qml.Projector(KET, wires=[0, 1])
    )


def variances(x, w):
    qml.RY(x[0], wires=0)
    qml.CRX(w[0], wires=[0, 1])
    return qml.var(qml.Z(0)), qml.var(qml.X(0) @ qml.Y(1)), qml.var(qml.Z(0) + 2 * qml.X(1))


def hadamard_and_products(x, w):
    qml.RY(x[0], wires=0)
    qml.CRX(w[0], wires=[0, 1])
    return qml.expval(qml.Hadamard(0)), qml.expval(
        qml.prod(qml.Hadamard(0), qml.Hermitian(HERMITIAN, wires=1))
    )


def trainable_hamiltonian(x, w):
    qml.RY(x[0], wires=0)
    qml.CRX(w[0], wires=[0, 1])
    return qml.expval(qml.Hamiltonian(w[1:4], [qml.Z(0), qml.X(1), qml.Z(0) @ qml.Z(1)]))


def scaled_sums(x, w):
    qml.RY(x[0], wires=0)
    return qml.expval(qml.s_prod(w[1], qml.Z(0)) + x[1] * qml.X(0))


def probabilities_of_observables(x, w):
    qml.Rot(x[0], w[0], w[1], wires=0)
    qml.CRX(w[2], wires=[0, 1])
    return qml.probs(op=qml.X(0)), qml.probs(op=qml.Y(0) @ qml.Z(1)), qml.probs(op=qml.Hadamard(1))


def trotter(x, w):
    hamiltonian = qml.Hamiltonian([0.3, 0.8], [qml.X(0) @ qml.X(1), qml.Z(0)])
    qml.RY(x[0], wires=0)
    qml.ApproxTimeEvolution(hamiltonian, w[0], 2)
    return qml.expval(qml.Z(1))


def exponential(x, w):
    qml.RY(x[0], wires=0)
    qml.exp(qml.X(0) @ qml.Z(1), -0.5j * w[0])
    qml.evolve(qml.Y(0), w[1])
    return qml.expval(qml.Z(0))


def fourier_transform(x, w):
    qml.AngleEmbedding(x[:3], wires=range(3))
    qml.QFT(wires=range(3))
    qml.RX(w[0], wires=0)
    return qml.probs(wires=range(3))


def phase_estimation(x, w):
    qml.RX(x[0], wires=2)
    qml.QuantumPhaseEstimation(qml.PhaseShift(0.8, wires=2), estimation_wires=[0, 1])
    return qml.probs(wires=[0, 1])


def multi_controlled(x, w):
    qml.AngleEmbedding(x, wires=range(4))
    qml.MultiControlledX(wires=[0, 1, 2, 3])
    qml.ctrl(qml.RZ, control=[0, 1], control_values=[1, 0])(w[0], wires=2)
    qml.Toffoli([1, 2, 0])
    return qml.expval(qml.Z(0)), qml.expval(qml.X(2) @ qml.Z(3))


def unitary_matrix(x, w):
    qml.RY(x[0], wires=0)
    qml.QubitUnitary(qml.matrix(qml.CRot(0.2, 0.4, 0.9, wires=[0, 1])), wires=[0, 1])
    qml.RX(w[0], wires=1)
    return qml.expval(qml.Z(1))


def tensor_network(x, w):
    def block(weights, wires):
        qml.RX(weights[0], wires=wires[0])
        qml.RY(weights[1], wires=wires[1])
        qml.CNOT(wires=wires)

    qml.AngleEmbedding(x, wires=range(4))
    qml.TTN(range(4), 2, block, 2, w[:6].reshape(3, 2))
    return qml.expval(qml.Z(3))


def particle_conserving(x, w):
    qml.RX(x[0], wires=0)
    qml.ParticleConservingU2(w[:11].reshape(1, 11)[:, :7], wires=range(4), init_state=[1, 1, 0, 0])
    return qml.expval(qml.Z(2))


def simplified_two_design(x, w):
    qml.AngleEmbedding(x, wires=range(4))
    qml.SimplifiedTwoDesign(w[:4], w[4:10].reshape(1, 3, 2), wires=range(4))
    return qml.expval(qml.Z(2))


def cosine_window(x, w):
    qml.CosineWindow(wires=range(2))
    qml.RX(x[0] * w[0], wires=0)
    return qml.expval(qml.Z(0))


def everything_is_constant(x, w):
    qml.H(0)
    qml.CNOT([0, 1])
    return qml.expval(qml.Z(0) @ qml.Z(1)), qml.expval(qml.I(0))


EQUAL = (
    angle_embedding_and_strong_layers, basic_entangler_layers, reuploading, qaoa_of_a_ring,
    qaoa_with_layers, vqe_of_hydrogen, convolution_and_pooling, transfer_learning, quanvolution,
    kernel, iqp_embedding, zz_feature_map, amplitude_embedding, state_preparation, named_wires,
    fewer_wires_than_the_device, hermitian, projectors, variances, hadamard_and_products,
    trainable_hamiltonian, scaled_sums, probabilities_of_observables, trotter, exponential,
    fourier_transform, phase_estimation, multi_controlled, unitary_matrix, tensor_network,
    particle_conserving, simplified_two_design, cosine_window, everything_is_constant,
)  # fmt: skip


def whole_state(x, w):
    qml.RX(x[0], wires=0)
    return qml.state()


def reduced_state(x, w):
    qml.RX(x[0], wires=0)
    return qml.density_matrix(wires=0)


def entropy(x, w):
    qml.RX(x[0], wires=0)
    return qml.vn_entropy(wires=0)


def mid_circuit(x, w):
    qml.RX(x[0], wires=0)
    outcome = qml.measure(0)
    qml.cond(outcome, qml.X)(1)
    return qml.expval(qml.Z(1))


def postselection(x, w):
    qml.RX(x[0], wires=0)
    qml.measure(0, postselect=1)
    return qml.expval(qml.Z(0))


def noise_channel(x, w):
    qml.RX(x[0], wires=0)
    qml.DepolarizingChannel(0.1, wires=0)
    return qml.expval(qml.Z(0))


REFUSED = {
    whole_state: "state",
    reduced_state: "density_matrix",
    entropy: "vnentropy",
    mid_circuit: "a mid-circuit measurement",
    postselection: "postselection",
    noise_channel: "DepolarizingChannel",
}
