"""What no output may hold: the stand-ins' keys."""

QUEUE = "tk-7fe2c1d0-not-for-you"
IBM = f"{QUEUE}-but-as-long-as-a-key"
BRAKET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def require_none(text):
    """It is shown, kept or sent nowhere."""
    for key in (QUEUE, IBM, BRAKET):
        assert key not in text, text
