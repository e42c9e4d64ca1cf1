"""A device is asked for no more rows at once than it says, whoever asks and whatever wraps it."""

import pytest
import torch

from qfusion_core.calibration.device import CalibratedDevice
from qfusion_core.noise.device import NoisyDevice
from qfusion_core.noise_parameters import NoiseParameters


@pytest.mark.parametrize(
    ("most", "rows", "parts"),
    [(4, 10, [4, 4, 2]), (4, 4, [4]), (None, 3000, [3000]), (4, 0, [0]), (None, 0, [0])],
)
def test_rows_are_split_as_the_device_wants_them(reference, most, rows, parts):
    reference.rows_per_call = most
    wrapped = NoisyDevice(reference, NoiseParameters()), CalibratedDevice(reference, None)
    data = torch.arange(2.0 * rows).reshape(rows, 2)
    for device in (reference, *wrapped):
        split = device.split_rows(data)
        assert [len(part) for part in split] == parts
        assert torch.equal(torch.cat(split), data)
