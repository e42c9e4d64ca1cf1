"""Z-scores of expectation values: alike for circuits and for the controls beside them."""

from __future__ import annotations

from torch import Tensor, nn

from qfusion_core.model.inputs import require_fitting


class ZScore(nn.BatchNorm1d):
    """Subtracts the mean and divides by ``sqrt(var + 1/4096)``, each column by itself.

    Mean and variance are those of the batch in training, and their running averages after, kept
    in the buffers ``running_mean`` and ``running_var``. 1/4096 is the variance of shot noise at
    4096 shots: noise of that size is not blown up to 1.

    Args:
        columns: Width of the values.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, columns: int) -> None:
        super().__init__(columns, eps=1 / 4096, affine=False)

    def forward(self, values: Tensor) -> Tensor:
        """Z-scores ``[batch, columns]`` of values ``[batch, columns]``.

        Raises:
            InputError: Values in another dtype than the averages.
        """
        require_fitting(values, self.running_mean.dtype)
        if len(values) > 1 or not self.training:
            return super().forward(values)
        # a single row has no variance: use what other batches have shown
        return nn.functional.batch_norm(values, self.running_mean, self.running_var, eps=self.eps)
