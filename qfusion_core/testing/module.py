"""What every part of the network promises, encoders and fusions alike."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from qfusion_core.errors import InputError
from qfusion_core.testing.component import ComponentContract


class ModuleContract(ComponentContract):
    """A module is built in each of its `cases` and must keep the same promises in all."""

    def cases(self) -> list[Any]:
        """Shapes that the component is built for."""
        raise NotImplementedError

    def build(self, case: Any) -> nn.Module:
        """A new module."""
        raise NotImplementedError

    def accepted(self, candidates: Iterable[Any]) -> list[Any]:
        """The candidates that the component does not refuse with an `InputError`: one at least."""
        accepted = []
        for case in candidates:
            try:
                self.build(case)
            except InputError:
                continue
            accepted.append(case)
        assert accepted, f"each of {list(candidates)} is refused"
        return accepted

    def inputs(self, case: Any, batch: int) -> tuple[Tensor, ...]:
        """Random inputs of ``batch`` samples, float32."""
        raise NotImplementedError

    def output(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
        """The output that is compared: its rows are samples, or members of samples in turn."""
        result: Tensor = module(*inputs)
        return result

    def shape(self, module: Any, batch: int) -> tuple[int, ...]:
        """The shape that the module announces for its output."""
        raise NotImplementedError

    def modules(self) -> Iterator[tuple[Any, nn.Module]]:
        """Each case with its module, away from special points such as gates at zero."""
        for case in self.cases():
            torch.manual_seed(0)
            module = self.build(case)
            with torch.no_grad():
                for parameter in module.parameters():
                    parameter.add_(0.1 * torch.randn_like(parameter))
            yield case, module

    def test_output_has_the_announced_shape_and_the_dtype_of_the_input(self) -> None:
        """A batch of one is no exception, in training neither."""
        for (case, module), dtype in product(self.modules(), (torch.float32, torch.float64)):
            module.to(dtype)
            for batch, training in product((1, 7), (True, False)):
                module.train(training)
                inputs = tuple(x.to(dtype) for x in self.inputs(case, batch))
                result = self.output(module, inputs)
                expected = self.shape(module, batch)
                where = f"{case}, batch of {batch}, training {training}"
                assert tuple(result.shape) == expected, (
                    f"{where}: shape {list(result.shape)}, announced {list(expected)}"
                )
                assert result.dtype == dtype, f"{where}: {result.dtype} from {dtype}"

    def test_large_inputs_stay_finite(self) -> None:
        """Outliers come."""
        for case, module in self.modules():
            large = tuple(1e3 * x for x in self.inputs(case, 7))
            assert bool(self.output(module, large).isfinite().all()), f"{case}: NaN or infinite"

    def test_gradients_reach_all_parameters_and_inputs(self) -> None:
        """Every parameter is trained, and what lies before the module, too."""
        for case, module in self.modules():
            inputs = tuple(x.requires_grad_() for x in self.inputs(case, 7))
            result = self.output(module, inputs)
            torch.autograd.backward((result * torch.randn_like(result)).sum())
            for name, parameter in module.named_parameters():
                gradient = parameter.grad
                assert gradient is not None, f"{case}: parameter {name} has no gradient"
                assert bool(gradient.isfinite().all()), f"{case}: gradient of {name} is not finite"
            for position, x in enumerate(inputs):
                reached = x.grad is not None and bool(x.grad.abs().sum() > 0)
                assert reached, f"{case}: input {position} has no gradient"

    def test_evaluation_is_deterministic(self) -> None:
        """Dropout belongs to training."""
        for case, module in self.modules():
            module.eval()
            inputs = self.inputs(case, 7)
            assert torch.equal(self.output(module, inputs), self.output(module, inputs)), case

    def test_samples_are_independent_in_evaluation(self) -> None:
        """What is said of a sample does not depend on its neighbours, nor on its place."""
        for case, module in self.modules():
            module.eval()
            inputs = self.inputs(case, 7)
            together = self.output(module, inputs)
            together = together.reshape(7, -1, *together.shape[1:])
            for row in range(7):
                alone = self.output(module, tuple(x[row : row + 1] for x in inputs))
                torch.testing.assert_close(alone, together[row], rtol=1e-4, atol=1e-5)

    def test_a_seed_gives_the_same_start(self) -> None:
        """Initial values come from torch's generator, which the trainer seeds."""
        for case in self.cases():
            states = []
            for _ in range(2):
                torch.manual_seed(3)
                states.append(self.build(case).state_dict())
            for key, value in states[0].items():
                assert torch.equal(value, states[1][key]), f"{case}: {key} differs"

    def test_state_dict_carries_everything(self) -> None:
        """A new instance with the saved state says the same: a checkpoint is complete."""
        for case, module in self.modules():
            module.train()
            self.output(module, self.inputs(case, 7))  # moves running statistics, where there are
            module.eval()
            again = self.build(case)
            again.load_state_dict(module.state_dict())
            again.eval()
            inputs = self.inputs(case, 7)
            assert torch.equal(self.output(module, inputs), self.output(again, inputs)), case

    def test_a_copy_is_equal_and_apart(self) -> None:
        """The best epoch is kept as a copy."""
        for case, module in self.modules():
            module.eval()
            inputs = self.inputs(case, 7)
            twin = copy.deepcopy(module)
            before = self.output(module, inputs)
            assert torch.equal(self.output(twin, inputs), before), case
            with torch.no_grad():
                for parameter in twin.parameters():
                    parameter.zero_()
            assert torch.equal(self.output(module, inputs), before), f"{case}: shares parameters"
