"""Gradients in jax, compiled and not, of first and second order; prints them as JSON."""

import json
import sys

import jax
import pennylane as qml
from second_order import over

jax.config.update("jax_enable_x64", True)


def several(device):
    @qml.qnode(device)
    def circuit(x):
        qml.RX(x[0], wires=0)
        qml.RY(x[1], wires=1)
        qml.CNOT([0, 1])
        return qml.probs(wires=[0, 1])

    return circuit


def exponentials(device, **options):
    @qml.qnode(device, **options)
    def circuit(x):
        qml.RY(0.4, wires=0)
        qml.RY(0.7, wires=1)
        qml.exp(-1j * x[0] * (qml.X(0) @ qml.Y(1)))
        qml.ctrl(qml.evolve(x[1] * qml.X(0), 0.7), 1)
        qml.ctrl(qml.adjoint(qml.exp(-1j * x[1] * qml.Z(1))), 0)
        return qml.expval(qml.Z(0) + 0.3 * qml.X(1) + 0.2 * qml.Y(0))

    return circuit


def main():
    x = jax.numpy.array(json.loads(sys.argv[1]))
    ours = qml.device("qfusion", wires=2, backend="statevector")
    theirs = qml.device("default.qubit", wires=2)
    exact = over(theirs)
    found = {
        "exact": jax.grad(exact)(x),
        "plain": jax.grad(over(ours))(x),
        "compiled": jax.jit(jax.grad(over(ours)))(x),
        "exact jacobian": jax.jacobian(several(qml.device("default.qubit", wires=2)))(x),
        "jacobian": jax.jacobian(several(ours))(x),
        "exact rows": jax.vmap(jax.grad(exact))(jax.numpy.stack([x, 2 * x, -x])),
        "rows": jax.vmap(jax.grad(over(ours)))(jax.numpy.stack([x, 2 * x, -x])),
        **{
            f"{kind} at {at}": jax.grad(exponentials(device, diff_method=method))(at * x)
            for at in (0, 1)
            for kind, device, method in (
                ("exponentials", ours, "best"),
                ("matrices", theirs, "backprop"),
            )
        },
        "compiled exponentials": jax.jit(jax.grad(exponentials(ours)))(x),
        "exact hessian": jax.hessian(exact)(x),
        "hessian": jax.hessian(over(ours, max_diff=2))(x),
    }
    try:
        found["own hessian"] = jax.hessian(over(ours))(x)
    except ValueError as error:
        refused = str(error)
    values = {name: value.tolist() for name, value in found.items()}
    kinds = sorted({str(value.dtype) for value in found.values()})
    sys.stdout.write(json.dumps({**values, "kinds": kinds, "refused": refused}))


if __name__ == "__main__":
    main()
