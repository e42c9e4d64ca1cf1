"""A model of qfusion in a training loop of one's own, on any torch device.

    python examples/loops/plain_loop.py
    python examples/loops/plain_loop.py --device cuda

`qfusion_core.untrained` gives the module and its data; everything after it is torch. With a machine
in place of the simulator, `qfusion_core.open_backend(NAME, run=FOLDER)` is attached, and each step
is two jobs, and each look at the validation part one: see `docs/how-to/torch.md`.
"""

from __future__ import annotations

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import qfusion_core
from qfusion_core import FusionClassifier, Part


def rows_of(model: FusionClassifier, part: Part) -> TensorDataset:
    """Rows as the model takes them, and their classes, where the model is."""
    x_c, x_q = model.preprocess(torch.from_numpy(part.x))
    return TensorDataset(x_c, x_q, torch.from_numpy(part.y).to(x_c.device))


@torch.no_grad()
def accuracy(model: FusionClassifier, rows: TensorDataset) -> float:
    """Share of rows that get their class."""
    model.eval()
    x_c, x_q, y = rows.tensors
    return float((model(x_c, x_q).argmax(1) == y).float().mean())


def main() -> None:
    """Train on Wine, look at the validation part after each epoch, and at the test part once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu, cuda, auto")
    parser.add_argument("--epochs", type=int, default=15)
    options = parser.parse_args()

    model, split = qfusion_core.untrained(
        "wine", preset="hardware", backend="statevector", torch_device=options.device
    )
    train, validation = rows_of(model, split.train), rows_of(model, split.validation)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for epoch in range(1, options.epochs + 1):
        model.train()
        for x_c, x_q, y in DataLoader(train, batch_size=16, shuffle=True, drop_last=True):
            loss = nn.functional.cross_entropy(model(x_c, x_q), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: validation accuracy {accuracy(model, validation):.3f}")
    print(f"test accuracy {accuracy(model, rows_of(model, split.test)):.3f}")


if __name__ == "__main__":
    main()
