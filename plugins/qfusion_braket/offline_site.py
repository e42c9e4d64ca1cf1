"""A device as its saved properties tell, without an account: to plan, never to send."""

from __future__ import annotations

from typing import Any

from qfusion_braket.emulation.document import require_document
from qfusion_braket.options import Options
from qfusion_braket.provider_site import AwsSite


class OfflineSite(AwsSite):
    """AWS is not asked.

    Args:
        options: With ``properties``.
    """

    def __init__(self, options: Options) -> None:
        super().__init__(options, None)
        self._saved = options.properties

    def _described(self) -> dict[str, Any]:
        assert self._options.properties is not None
        return {
            "deviceCapabilities": require_document(self._options.properties),
            "deviceStatus": "ONLINE",
            "deviceType": "QPU",  # no other can be emulated, so that no other is saved for it
        }
