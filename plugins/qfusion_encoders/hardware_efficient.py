"""Angle encoding, then hardware-efficient layers."""

from __future__ import annotations

from typing import ClassVar

import pennylane as qml
from torch import Tensor

from qfusion_core import InputError
from qfusion_encoders.ansatz_encoder import AnsatzEncoder
from qfusion_encoders.options import HardwareEfficientOptions


class HardwareEfficient(AnsatzEncoder):
    """Feature j tilts qubit j by RY(pi tanh(s_j x_j)) once; trainable layers follow.

    Qubits beyond the number of features start in ``|0>``, or take features again (`repeat`).

    Raises:
        InputError: There are more features than qubits.
    """

    name: ClassVar[str] = "hardware-efficient"
    Options = HardwareEfficientOptions

    def __init__(self, options: HardwareEfficientOptions, *, n_features: int) -> None:
        qubits = options.qubits or n_features
        if n_features > qubits:
            raise InputError(
                f"quantum encoder 'hardware-efficient': {n_features} features for {qubits} "
                f"qubit(s); set preprocess.quantum to end in {{pca: {qubits}}}, or use the "
                "encoder 'reuploading'"
            )
        super().__init__(options, n_features=n_features, n_wires=qubits)

    def circuit(self, data: Tensor, weights: Tensor) -> None:
        """RY encoding, then the layers."""
        qml.AngleEmbedding(data, wires=range(self.n_data), rotation="Y")
        for number in range(self.options.layers):
            self.layer(number, weights)
