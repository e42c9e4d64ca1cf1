"""QNodes on a remote machine: few jobs, what was planned, a journal, a budget, somebody's word."""

import numpy as np
import pennylane as qml
import pytest
import torch

import qfusion_core
from qfusion_core import BudgetError, InputError
from qfusion_core.config.trust import trust

N = 3


@pytest.fixture
def queue(queue_file):
    """Opens the device over the loopback machine."""
    queue_file(("rows_per_job: 50", "rows_per_job: 500"))
    return lambda **options: qml.device("qfusion", wires=N, backend="queue", **options)


def layer(device, **options):
    @qml.qnode(device, **options)
    def circuit(inputs, w):
        qml.AngleEmbedding(inputs, wires=range(N))
        qml.StronglyEntanglingLayers(w, wires=range(N))
        return [qml.expval(qml.Z(wire)) for wire in range(N)]

    return circuit


def step(circuit, rows=8):
    """A step of training behind a Linear: values, and gradients of everything."""
    torch.manual_seed(0)
    quantum = qml.qnn.TorchLayer(circuit, {"w": (1, N, 3)}).double()
    net = torch.nn.Sequential(torch.nn.Linear(5, N).double(), quantum)
    values = net(torch.linspace(-1, 1, 5 * rows, dtype=torch.float64).reshape(rows, 5))
    values.square().sum().backward()
    return values.detach(), [p.grad for p in net.parameters()]


def test_a_step_is_two_jobs_and_right(queue, machine, tmp_path):
    values, gradients = step(layer(queue(run=tmp_path / "run", approve=True)))
    assert len(machine.jobs) == 2
    exact, of_exact = step(layer(qml.device("default.qubit", wires=N), diff_method="backprop"))
    assert (values - exact).abs().max() < 0.15  # of 2000 shots
    for ours, theirs in zip(gradients, of_exact, strict=True):
        assert (ours - theirs).abs().max() < 0.2 + 0.1 * theirs.abs().max()


def test_the_estimate_is_what_is_sent(queue, machine, tmp_path):
    device = queue(run=tmp_path / "run", approve=True)
    x = torch.rand(8, N, dtype=torch.float64, requires_grad=True)
    w = torch.rand(1, N, 3, dtype=torch.float64, requires_grad=True)
    circuit = layer(device)
    plan = device.estimate(circuit)(x, w)
    assert not machine.jobs
    assert device.estimate(circuit, steps=20)(x, w).jobs == 40
    torch.stack(circuit(x, w)).sum().backward()
    document = qfusion_core.jobs(tmp_path / "run").to_dict()
    prices = [job["price"] for row in document["measurements"] for job in row["jobs"]]
    assert plan.jobs == len(machine.jobs) == len(prices) == 2
    assert plan.price.executions == sum(price["executions"] for price in prices)
    assert plan.price.shots == sum(price["shots"] for price in prices)


def test_what_has_no_estimate_is_refused_by_its_name(queue, tmp_path):
    device = queue(run=tmp_path / "run")
    with pytest.raises(InputError, match=r"^estimate: expected a QNode, got function; wrap it"):
        device.estimate(lambda x: qml.expval(qml.Z(0)))
    with pytest.raises(InputError, match=r"^steps: expected a whole number, 1 or more; got 0"):
        device.estimate(layer(device), steps=0)


def test_parameter_shift_of_pennylane_has_all_its_tapes_in_one_job(queue, machine, tmp_path):
    circuit = layer(queue(run=tmp_path / "run", approve=True), diff_method="parameter-shift")
    w = torch.rand(1, N, 3, dtype=torch.float64, requires_grad=True)
    torch.stack(circuit(torch.rand(N, dtype=torch.float64), w)).sum().backward()
    assert len(machine.jobs) == 2


def test_shots_of_the_qnode_count(queue, machine, tmp_path):
    device = queue(run=tmp_path / "run", approve=True)
    circuit = qml.set_shots(layer(device, diff_method=None), 123)
    circuit(np.zeros(N), np.zeros((1, N, 3)))
    (job,) = machine.jobs.values()
    assert job["shots"] == 123


def test_the_backends_own_shots_are_said_once(queue, tmp_path, caplog):
    circuit = layer(queue(run=tmp_path / "run", approve=True), diff_method=None)
    for _ in range(2):
        circuit(np.zeros(N), np.zeros((1, N, 3)))
    said = [each for each in caplog.messages if "no shots are set" in each]
    assert said == ["backend 'queue': no shots are set, so each value is of its own 2000"]


def test_nothing_is_sent_unasked(queue, machine, tmp_path):
    circuit = layer(queue(run=tmp_path / "run"), diff_method=None)
    with pytest.raises(InputError, match=r"queue costs money .*nothing of it was sent"):
        circuit(np.zeros(N), np.zeros((1, N, 3)))
    assert not machine.jobs


def test_a_loop_is_asked_for_as_a_whole_and_goes_on(queue, machine, tmp_path):
    asked = []

    def loop(steps, fail_after=None):
        with qfusion_core.measurement(
            "training", tmp_path / "run", steps=3, approve=lambda price: asked.append(price) or True
        ) as measurement:
            circuit = layer(queue(run=measurement))
            w = torch.zeros(1, N, 3, dtype=torch.float64, requires_grad=True)
            for number in range(steps):
                if number == fail_after:
                    raise KeyboardInterrupt
                loss = torch.stack(circuit(torch.ones(4, N, dtype=torch.float64), w)).sum()
                (gradient,) = torch.autograd.grad(loss, w)
                w = (w - 0.1 * gradient).detach().requires_grad_()
        return w

    with pytest.raises(KeyboardInterrupt):
        loop(3, fail_after=2)
    assert [price.tasks for price in asked] == [6] and len(machine.jobs) == 4
    weights = loop(3)
    assert [price.tasks for price in asked] == [6, 2] and len(machine.jobs) == 6
    assert torch.equal(loop(3), weights) and len(machine.jobs) == 6


def test_a_loop_beyond_the_budget_is_refused_before_its_first_job(queue, machine, tmp_path):
    with qfusion_core.measurement("long", tmp_path / "run", steps=51, approve=True) as measurement:
        circuit = layer(queue(run=measurement))
        w = torch.zeros(1, N, 3, dtype=torch.float64, requires_grad=True)
        with pytest.raises(
            BudgetError, match=r"51 steps of a loop: queue: the plan needs up to 102"
        ):
            circuit(torch.ones(4, N, dtype=torch.float64), w)
    assert not machine.jobs


def test_a_loop_on_a_pool_is_asked_for_as_a_whole(queue, machine, tmp_path):
    text = (tmp_path / "backends.yaml").read_text()
    pool = "  both: {type: pool, options: {backends: [queue, noisy-queue], share: even}}\n"
    (tmp_path / "backends.yaml").write_text(text + pool)
    trust(tmp_path / "backends.yaml")
    asked = Asked(machine)
    with qfusion_core.measurement("values", tmp_path / "r", steps=3, approve=asked) as measurement:
        opened = qml.device("qfusion", wires=N, backend="both", run=measurement)
        for _ in range(3):
            layer(opened, diff_method=None)(np.ones((4, N)), np.zeros((1, N, 3)))
    assert (asked.jobs, asked.at, len(machine.jobs)) == ([6], [0], 6)


class Asked:
    """Somebody who is asked: says yes so often; what was asked, and how many jobs there were."""

    def __init__(self, machine, yes=99):
        self.machine, self.yes, self.jobs, self.at = machine, yes, [], []

    def __call__(self, price):
        self.jobs.append(price.tasks)
        self.at.append(len(self.machine.jobs))
        return len(self.jobs) <= self.yes


def rotated(device):
    @qml.qnode(device)
    def circuit(w):
        for wire in range(N):
            qml.RX(w[0, wire, 0], wires=wire)
        return qml.expval(qml.Z(0) @ qml.X(1))

    return circuit


def train_two(queue, run, approve, steps, fail_after=None):
    """A loop with two QNodes in a step: each is two jobs, one forward and one back."""
    with qfusion_core.measurement("two", run, steps=steps, approve=approve) as measurement:
        device = queue(run=measurement)
        first, second = layer(device), rotated(device)
        w = torch.zeros(1, N, 3, dtype=torch.float64, requires_grad=True)
        for number in range(steps):
            if number == fail_after:
                raise KeyboardInterrupt
            loss = torch.stack(first(torch.ones(4, N, dtype=torch.float64), w)).sum() + second(w)
            (gradient,) = torch.autograd.grad(loss, w)
            w = (w - 0.1 * gradient).detach().requires_grad_()
    return w


def test_each_qnode_of_a_step_is_asked_for_as_a_whole_before_its_first_job(
    queue, machine, tmp_path, caplog
):
    asked = Asked(machine)
    train_two(queue, tmp_path / "run", asked, 3)
    assert (asked.jobs, asked.at, len(machine.jobs)) == ([6, 6], [0, 1], 12)
    told = [line.split(": about")[0] for line in caplog.messages if ": about" in line]
    assert told == [
        "queue: 3 steps, 6 jobs still to send",
        "queue: 3 steps, 6 jobs still to send, beside those that were agreed to",
    ]


def test_the_estimates_of_both_are_what_is_asked(queue, machine, tmp_path):
    prices = []
    train_two(queue, tmp_path / "run", lambda price: prices.append(price) or True, 2)
    device = queue(run=tmp_path / "other")
    w = torch.zeros(1, N, 3, dtype=torch.float64, requires_grad=True)
    x = torch.ones(4, N, dtype=torch.float64)
    estimates = [
        device.estimate(layer(device), steps=2)(x, w),
        device.estimate(rotated(device), steps=2)(w),
    ]
    assert [each.price for each in estimates] == prices


def test_a_second_qnode_sends_nothing_on_the_word_for_the_first(queue, machine, tmp_path):
    asked = Asked(machine, yes=1)
    with pytest.raises(InputError, match=r"queue costs money .*; 6 jobs, .*nothing of it was sent"):
        train_two(queue, tmp_path / "run", asked, 3)
    assert (asked.jobs, len(machine.jobs)) == ([6, 6], 1)


def test_where_nobody_can_be_asked_nothing_is_sent(queue, machine, tmp_path):
    with pytest.raises(InputError, match="queue costs money"):
        train_two(queue, tmp_path / "run", None, 3)
    assert not machine.jobs


def test_a_loop_of_two_goes_on_with_what_is_left_of_each(queue, machine, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train_two(queue, run, True, 3, fail_after=2)
    asked = Asked(machine)
    weights = train_two(queue, run, asked, 3)
    assert (asked.jobs, asked.at, len(machine.jobs)) == ([2, 2], [8, 8], 12)
    assert torch.equal(train_two(queue, run, None, 3), weights) and len(machine.jobs) == 12


def test_a_second_qnode_beyond_the_budget_is_refused_before_its_first_job(queue, machine, tmp_path):
    """A loop of 26 steps is 52 jobs of each, and the budget of a run 100."""
    with pytest.raises(BudgetError, match=r"26 steps of a loop: queue: the plan needs up to 103"):
        train_two(queue, tmp_path / "run", True, 26)
    assert len(machine.jobs) == 1


def test_what_comes_beyond_is_said_and_asked_for_once_the_word_is_used_up(
    queue, machine, tmp_path, caplog
):
    """A QNode that is called twice in a step."""
    asked = Asked(machine, yes=2)
    with qfusion_core.measurement("twice", tmp_path / "run", steps=2, approve=asked) as measurement:
        circuit = rotated(queue(run=measurement))
        w = torch.zeros(1, N, 3, dtype=torch.float64)
        for _ in range(3):
            circuit(w)
        with pytest.raises(InputError, match=r"queue costs money .*; 1 job, "):
            circuit(w)
    assert (asked.jobs, asked.at, len(machine.jobs)) == ([2, 1, 1], [0, 2, 3], 3)
    told = [line for line in caplog.messages if ": about" in line]
    assert len(told) == 3 and all(line.startswith("queue: about") for line in told[1:])


def test_a_pass_back_that_comes_later_is_asked_for_then(queue, machine, tmp_path):
    asked = Asked(machine)
    with qfusion_core.measurement("later", tmp_path / "run", steps=2, approve=asked) as measurement:
        circuit = rotated(queue(run=measurement))
        w = torch.zeros(1, N, 3, dtype=torch.float64, requires_grad=True)
        circuit(w.detach())
        torch.autograd.grad(circuit(w), w)
    assert (asked.jobs, asked.at, len(machine.jobs)) == ([2, 2], [0, 1], 3)


def test_circuits_that_run_together_are_asked_for_before_any_of_them(queue, machine, tmp_path):
    asked = Asked(machine, yes=1)
    tapes = [
        qml.tape.QuantumScript([gate(0.1, wires=0)], [qml.expval(qml.Z(0))])
        for gate in (qml.RX, qml.RY)
    ]
    with qfusion_core.measurement("both", tmp_path / "run", steps=2, approve=asked) as measurement:
        with pytest.raises(InputError, match="queue costs money"):
            qml.execute(tapes, queue(run=measurement), diff_method=None)
    assert (asked.jobs, len(machine.jobs)) == ([2, 2], 0)
