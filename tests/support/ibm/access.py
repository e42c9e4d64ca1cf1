"""What the stand-in's account is asked for, and with what."""

from qfusion_ibm.device import IBM
from support import keys
from support.ibm.service import CRN, MACHINE

REMOTE = {"backend": MACHINE, "shots": 100}


def credentials(**changes):
    return IBM.Credentials(**{"token": keys.IBM, "instance": CRN, **changes})
