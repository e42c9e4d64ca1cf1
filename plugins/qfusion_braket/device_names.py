"""Names of Braket's devices: short ones, ARNs, and the region that each is in. Needs no SDK."""

from __future__ import annotations

import re
from typing import NamedTuple

from qfusion_core import did_you_mean, one_line

LOCAL = ("local", "local-dm")
EXACT = (*LOCAL, "sv1", "dm1")  # what computes values without shots

# braket/devices/devices.py of the SDK, which is not imported to read options; a test compares
REGIONS = {
    "aqt/Ibex-Q1": "eu-north-1",
    "ionq/Forte-1": "us-east-1",
    "ionq/Forte-Enterprise-1": "us-east-1",
    "iqm/Emerald": "eu-north-1",
    "iqm/Garnet": "eu-north-1",
    "rigetti/Cepheus-1-108Q": "us-west-1",
}
SIMULATORS = ("sv1", "dm1")
_SIMULATOR_REGION = "us-east-1"  # they have none in their ARN, and are not everywhere
_ARN = re.compile(r"arn:aws[a-z-]*:braket:(?P<region>[a-z0-9-]*):[0-9]*:device/(?P<path>\S+/\S+)")


class DeviceAddress(NamedTuple):
    """Where a device is.

    Attributes:
        arn: Of the device.
        region: Of AWS, in which it is asked.
    """

    arn: str
    region: str

    @property
    def short(self) -> str:
        """As people say it.

        >>> DeviceAddress("arn:aws:braket:us-east-1::device/qpu/ionq/Forte-1", "us-east-1").short
        'ionq/Forte-1'
        """
        path = self.arn.split(":device/")[1].split("/", 1)[1]
        return path.removeprefix("amazon/")


def address_of(device: str, region: str | None) -> DeviceAddress:
    """Where a device of the options is.

    >>> address_of("iqm/Garnet", None).arn
    'arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet'
    >>> address_of("sv1", "eu-west-2")
    DeviceAddress(arn='arn:aws:braket:::device/quantum-simulator/amazon/sv1', region='eu-west-2')

    Args:
        device: An ARN or a short name.
        region: Taken instead of the usual one; that in an ARN stays.

    Raises:
        ValueError: The name is unknown and no region is given; suggests one.
    """
    if arn_parts := _ARN.fullmatch(device):
        return DeviceAddress(device, arn_parts["region"] or region or _SIMULATOR_REGION)
    if device in SIMULATORS:
        arn = f"arn:aws:braket:::device/quantum-simulator/amazon/{device}"
        return DeviceAddress(arn, region or _SIMULATOR_REGION)
    region = region or REGIONS.get(device)
    if region is None or not re.fullmatch(r"[\w-]+/[\w.-]+", device):
        names = [*LOCAL, *SIMULATORS, *REGIONS]
        raise ValueError(
            f"unknown device {one_line(repr(device), 60)}; {did_you_mean(device, names)}; or write "
            "its ARN, or provider/name with region"
        )
    return DeviceAddress(f"arn:aws:braket:{region}::device/qpu/{device}", region)


def is_exact(device: str) -> bool:
    """Whether a device computes values without shots.

    >>> is_exact("sv1"), is_exact("ionq/Forte-1")
    (True, False)
    """
    return device in EXACT or device.endswith(("amazon/sv1", "amazon/dm1"))
