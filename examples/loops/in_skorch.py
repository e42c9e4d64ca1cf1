"""A model of qfusion in skorch: a torch module as a scikit-learn classifier.

    pip install skorch
    python examples/loops/in_skorch.py
    python examples/loops/in_skorch.py --device cuda

skorch copies the module for each fit, gives it the two inputs by their names, and does the rest:
loop, early stopping, checkpoints. The transforms are fitted on the whole training part. With
`skorch.helper.SliceDict` in place of the dictionary, scikit-learn's `cross_val_score` and
`GridSearchCV` take the classifier, with `n_jobs`, too: each process opens the backend itself.
"""

from __future__ import annotations

import argparse
import copy
from typing import Any

import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import EarlyStopping
from torch import Tensor, nn

import qfusion_core
from qfusion_core import FusionClassifier, Part


class Copied(nn.Module):
    """The untrained model, a fresh copy for each fit.

    Args:
        model: From `qfusion_core.untrained`.
        backend: Where its circuit runs.
    """

    def __init__(self, model: FusionClassifier, backend: str) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).attach(qfusion_core.open_backend(backend))

    def forward(self, x_c: Tensor, x_q: Tensor) -> Tensor:
        """Logits ``[batch, classes]``."""
        logits: Tensor = self.model(x_c, x_q)
        return logits


def inputs(model: FusionClassifier, part: Part) -> dict[str, Tensor]:
    """Rows as the module takes them, by the names of its arguments."""
    x_c, x_q = model.preprocess(torch.from_numpy(part.x))
    return {"x_c": x_c, "x_q": x_q}


def classifier(model: FusionClassifier, **options: Any) -> NeuralNetClassifier:
    """What scikit-learn takes for a classifier; options are of skorch."""
    return NeuralNetClassifier(
        Copied,
        module__model=model,
        module__backend="statevector",
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        lr=0.01,
        batch_size=16,
        iterator_train__shuffle=True,
        iterator_train__drop_last=True,
        **options,
    )


def main() -> None:
    """Fit on the training part of Wine, and look at the test part once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", help="as torch calls it")
    parser.add_argument("--epochs", type=int, default=15)
    options = parser.parse_args()

    model, split = qfusion_core.untrained("wine", preset="hardware", backend="statevector")
    torch.manual_seed(0)
    net = classifier(
        model,
        max_epochs=options.epochs,
        callbacks=[EarlyStopping(patience=5)],
        device=options.device,
    )
    net.fit(inputs(model, split.train), split.train.y)
    score = net.score(inputs(model, split.test), split.test.y)
    print(f"test accuracy {score:.3f}")


if __name__ == "__main__":
    main()
