"""Each of forty QNodes is what default.qubit makes of it, values and gradients, or refused."""

import re

import numpy as np
import pennylane as qml
import pytest
import torch
from pennylane.exceptions import DeviceError

from support.places import ROOT

from .qnodes import EQUAL, REFUSED, named_wires

X = (0.3, -1.1, 0.8, 2.0)
W = tuple(np.random.default_rng(3).uniform(0, 2 * np.pi, 12))


def device(name, function, **options):
    wires = ["left", "right"] if function is named_wires else 4
    return qml.device(name, wires=wires, **options)


def flat(results):
    """All numbers of a QNode's results."""
    if not isinstance(results, list | tuple):
        results = (results,)
    return torch.cat([torch.as_tensor(result).reshape(-1) for result in results])


def values_and_gradients(function, opened, **options):
    x, w = (torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (X, W))
    results = flat(qml.QNode(function, opened, **options)(x, w))
    cotangent = torch.linspace(0.5, 1.5, len(results), dtype=torch.float64)
    if not results.requires_grad:
        return results, ()
    found = torch.autograd.grad(results @ cotangent, (x, w), allow_unused=True)
    return results.detach(), [torch.zeros(1) if each is None else each for each in found]


@pytest.mark.parametrize("function", EQUAL, ids=lambda function: function.__name__)
def test_equal_to_default_qubit(function):
    one, of_one = values_and_gradients(function, device("qfusion", function, backend="statevector"))
    other, of_other = values_and_gradients(
        function, device("default.qubit", function), diff_method="backprop"
    )
    assert one.dtype == torch.float64
    torch.testing.assert_close(one, other, rtol=0, atol=1e-10)
    for ours, theirs in zip(of_one, of_other, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("function", REFUSED, ids=lambda function: function.__name__)
def test_refused_by_name(function):
    qnode = qml.QNode(function, device("qfusion", function, backend="statevector"))
    with pytest.raises(DeviceError, match="is not supported by qfusion") as error:
        qnode(torch.tensor(X), torch.tensor(W))
    text = " ".join(str(error.value).split())
    assert re.match(REFUSED[function], text), text
    assert "backend 'statevector'" in text and "\n" not in str(error.value)


def test_the_page_has_all_forty():
    page = (ROOT / "docs" / "how-to" / "pennylane.md").read_text()
    rows = [row.strip("| ").split(" | ") for row in page.splitlines() if row.startswith("| ")][2:]
    wanted = [[each.__name__.replace("_", " "), "equal"] for each in EQUAL]
    wanted += [[each.__name__.replace("_", " "), "refused"] for each in REFUSED]
    assert rows == wanted and len(rows) == 40
