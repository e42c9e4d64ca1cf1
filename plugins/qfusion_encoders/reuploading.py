"""Data re-uploading: features enter again before each layer."""

from __future__ import annotations

from math import ceil
from typing import ClassVar

import pennylane as qml
from torch import Tensor

from qfusion_core import InputError
from qfusion_encoders.ansatz_encoder import AnsatzEncoder
from qfusion_encoders.options import ReuploadingOptions


class Reuploading(AnsatzEncoder):
    """Before each layer, RY(pi tanh(s_j x_j)) on each qubit, with the next chunk of features.

    With no more features than qubits every layer takes them all. More features are cut into chunks
    of one feature per qubit, that take turns. L uploads of a feature give a Fourier series of
    degree L in its angle (Perez-Salinas et al., arXiv 1907.02085; Schuld et al., 2008.08605).

    Raises:
        InputError: There are fewer layers than chunks, so that features would never enter.
    """

    name: ClassVar[str] = "reuploading"
    Options = ReuploadingOptions

    def __init__(self, options: ReuploadingOptions, *, n_features: int) -> None:
        qubits = options.qubits or n_features
        chunks = ceil(n_features / qubits)
        if options.layers < chunks:
            raise InputError(
                f"quantum encoder 'reuploading': {n_features} features on {qubits} qubit(s) need "
                f"{chunks} layers, got layers: {options.layers}; set layers to {chunks} or more, "
                "or reduce the features by {pca: ...} in preprocess.quantum"
            )
        super().__init__(options, n_features=n_features, n_wires=qubits)

    def circuit(self, data: Tensor, weights: Tensor) -> None:
        """Alternate uploads and layers."""
        chunks = data.split(self.n_wires)
        for number in range(self.options.layers):
            chunk = chunks[number % len(chunks)]
            qml.AngleEmbedding(chunk, wires=range(len(chunk)), rotation="Y")
            self.layer(number, weights)
