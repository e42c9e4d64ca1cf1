"""What IBM's SDK writes into the log, and should not. Imports no SDK."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_SDK_CORE = "ibm-cloud-sdk-core"
_SAID_IN_VAIN = (
    "Loading account with the given token",
    "The connection failed because the SSL certificate is not valid",
)


def keep_headers_private() -> None:
    """Keep the SDK from writing down requests, those of other libraries in this process included.

    At DEBUG it turns on the debugging of `http.client` for good, and hides no secret in a header
    that it does not know (ibm_cloud_sdk_core/base_service.py): AWS's session token is in one. Who
    sets the level of that logger itself has it so.
    """
    logger = logging.getLogger(_SDK_CORE)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the SDK's warning that it takes the account which it is given.

    And without the traceback that it writes down of a certificate that is not valid.
    """

    def keep(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(_SAID_IN_VAIN)

    names = ("qiskit_ibm_runtime.qiskit_runtime_service", _SDK_CORE)
    loggers = [logging.getLogger(name) for name in names]
    for logger in loggers:
        logger.addFilter(keep)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(keep)
