"""Transforms of features: fitted by scikit-learn on the training part, applied in torch.

A fitted transform is nothing but its buffers, so that it is saved and loaded with the model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from qfusion_core.config.spec import Pca, Step
from qfusion_core.errors import InputError


class Transform(nn.Module, ABC):
    """One step: its buffers, the ``mean [features]`` of what it was fitted on among them."""

    mean: Tensor

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Transform:
        """Goes where the model goes, and keeps its digits: ``model.half()`` is of the weights."""

        def moved(tensor: Tensor) -> Tensor:
            there = fn(tensor)
            return there if there.dtype == tensor.dtype else tensor.to(there.device)

        itself: Transform = super()._apply(moved, recurse)  # type: ignore[no-untyped-call]
        return itself

    @abstractmethod
    def fit(self, x: NDArray[np.float64]) -> None:
        """Take from ``x [rows, features]`` what `forward` needs, as buffers."""

    @property
    def n_outputs(self) -> int:
        """How many features a transformed row has."""
        return len(self.mean)

    @abstractmethod
    def forward(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows outputs"]:
        """Transformed rows."""


class Standardise(Transform):
    """Zero mean and unit variance of each feature; a constant feature becomes zero."""

    scale: Tensor

    def fit(self, x: NDArray[np.float64]) -> None:
        """Take mean and standard deviation of ``x [rows, features]``."""
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler().fit(x)
        self.register_buffer("mean", torch.tensor(scaler.mean_))
        self.register_buffer("scale", torch.tensor(scaler.scale_))

    def forward(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """``(x - mean) / scale``."""
        return (x - self.mean) / self.scale


class PrincipalComponents(Transform):
    """Projection on the first principal components, not rescaled."""

    components: Tensor

    def __init__(self, keep: int | float) -> None:
        super().__init__()
        self.keep = keep

    def fit(self, x: NDArray[np.float64]) -> None:
        """Find the components of ``x [rows, features]``: at most so many as it has.

        Raises:
            InputError: All features are constant.
        """
        from sklearn.decomposition import PCA

        if not x.std(axis=0).any():
            raise InputError(
                f"preprocess: pca: all {x.shape[1]} features are constant in the {len(x)} rows of "
                "the training part; there is nothing to learn from them"
            )
        keep = min(self.keep, *x.shape) if isinstance(self.keep, int) else self.keep
        pca = PCA(keep, svd_solver="full" if keep < 1 else "auto", random_state=0).fit(x)
        self.register_buffer("mean", torch.tensor(pca.mean_))
        self.register_buffer("components", torch.tensor(pca.components_))

    @property
    def n_outputs(self) -> int:
        """How many components are kept."""
        return len(self.components)

    def forward(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows components"]:
        """``(x - mean) components^T``."""
        return (x - self.mean) @ self.components.T


class QuantileNormal(Transform):
    """Each feature mapped to a standard normal by its quantiles; two-valued ones are standardised.

    A little noise separates ties before the fit, with one quantile for 30 rows (10 to 1000), as in
    Gorishniy et al., arXiv 2106.11959.
    """

    quantiles: Tensor
    two_valued: Tensor
    scale: Tensor

    def fit(self, x: NDArray[np.float64]) -> None:
        """Take the quantiles of ``x [rows, features]``."""
        count = int(np.clip(len(x) // 30, 10, 1000))
        deviation = x.std(axis=0)
        noise = np.random.default_rng(0).normal(size=x.shape) * 1e-3 * np.maximum(deviation, 1e-3)
        quantiles = np.quantile(x + noise, np.linspace(0, 1, count), axis=0)
        two_valued = [len(np.unique(column)) <= 2 for column in x.T]
        self.register_buffer("quantiles", torch.tensor(np.ascontiguousarray(quantiles.T)))
        self.register_buffer("two_valued", torch.tensor(two_valued))
        self.register_buffer("mean", torch.tensor(x.mean(axis=0)))
        self.register_buffer("scale", torch.tensor(np.where(deviation > 0, deviation, 1.0)))

    def forward(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Normal score of the interpolated quantile, cut at those of 1e-3 and 1 - 1e-3."""
        count = self.quantiles.shape[1]
        upper = torch.searchsorted(self.quantiles, x.T.contiguous()).clamp(1, count - 1)
        low, high = self.quantiles.gather(1, upper - 1), self.quantiles.gather(1, upper)
        share = ((x.T - low) / (high - low).clamp_min(1e-12)).clamp(0, 1)
        level = (upper - 1 + share) / (count - 1)
        scores = torch.special.ndtri(level.clamp(1e-3, 1 - 1e-3)).T
        return torch.where(self.two_valued, (x - self.mean) / self.scale, scores)


class Pipeline(nn.Module):
    """The transforms of one branch, in order. Without any, features pass as they are."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__()
        self.steps: Sequence[Transform] = nn.ModuleList(_transform(step) for step in steps)  # type: ignore[assignment]

    @classmethod
    def fit(cls, steps: Sequence[Step], x: NDArray[np.floating[Any]]) -> Pipeline:
        """Fit each transform on what those before it give.

        Args:
            steps: What to apply.
            x: Raw features of the training part, ``[rows, ...]``; flattened if there is any step.
        """
        pipeline = cls(steps)
        values = x.reshape(len(x), -1).astype(np.float64)
        for step in pipeline.steps:
            step.fit(values)
            values = step(torch.from_numpy(values)).numpy()
        return pipeline

    @classmethod
    def restore(cls, steps: Sequence[Step], tensors: Mapping[str, Tensor]) -> Pipeline:
        """A fitted pipeline from the tensors of its ``state_dict``.

        Raises:
            ValueError: A tensor that no such transform has.
        """
        pipeline = cls(steps)
        for name, tensor in tensors.items():
            owner, _, buffer = name.rpartition(".")
            known = {"mean", *type(pipeline.get_submodule(owner)).__annotations__}
            if buffer not in known:
                raise ValueError(f"{name[:60]!r}: no such tensor is fitted")
            kept = tensor.double() if tensor.is_floating_point() else tensor
            pipeline.get_submodule(owner).register_buffer(buffer, kept)
        return pipeline

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of a transformed sample.

        Raises:
            InputError: The fitted transforms expect another number of features.
        """
        if not len(self.steps):
            return input_shape
        mean, width = self.steps[0].mean, int(np.prod(input_shape))
        if len(mean) != width:
            raise InputError(f"features: expected {len(mean)} per sample, got {width}")
        return (self.steps[-1].n_outputs,)

    def forward(self, x: Float[Tensor, "rows ..."]) -> Float[Tensor, "rows ..."]:
        """Raw features to those that the encoder sees."""
        if len(self.steps):
            x = x.flatten(1)
        for step in self.steps:
            x = step(x)
        return x


def _transform(step: Step) -> Transform:
    if isinstance(step, Pca):
        assert not isinstance(step.pca, str), "the number of qubits stands there by now"
        return PrincipalComponents(step.pca)
    return {"standardise": Standardise, "quantile-normal": QuantileNormal}[step]()
