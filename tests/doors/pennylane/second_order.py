"""A QNode with a product of its arguments, whose Hessian is full."""

import pennylane as qml


def over(device, **options):
    @qml.qnode(device, **options)
    def circuit(x):
        qml.RX(x[0], wires=0)
        qml.RY(x[1], wires=1)
        qml.CNOT([0, 1])
        qml.RX(x[0] * x[1], wires=1)
        return qml.expval(qml.Z(0) @ qml.Z(1))

    return circuit
