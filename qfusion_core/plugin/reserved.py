"""What a component may be called: a word for an option, and no name of the core's own."""

import re

POOL = "pool"  # the `type:` of several backends as one
SURROGATE = "surrogate:"  # before the name of a backend: what stands for it in a run folder


def fits_a_command_line(name: str) -> bool:
    """Whether it is a word in lower case, of letters, digits and ``. _ + -``.

    >>> fits_a_command_line("default.qubit"), fits_a_command_line("Bad Name!")
    (True, False)
    """
    return name == name.lower() and re.fullmatch(r"[\w.+-]+", name) is not None
