"""Where tasks run at AWS."""

from __future__ import annotations

from qfusion_braket.options import Credentials, Options
from qfusion_braket.site import Site


class Service(Site):
    """A device at Amazon Braket. Connects when it is first asked."""

    def __init__(self, options: Options, credentials: Credentials | None) -> None:
        self._options, self._credentials = options, credentials
