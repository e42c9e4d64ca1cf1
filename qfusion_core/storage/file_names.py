"""Names of files and folders that people see, made of what others are called."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 60  # of 255 bytes, which a part of a path may have


def file_name(name: str) -> str:
    """A readable part of a path: letters, digits and ``. _ + -``, a hyphen for all between them.

    Two names can become one: whoever makes the file or the folder looks whether it is there.

    >>> file_name("surrogate:fez"), file_name("../my fez "), file_name("::")
    ('surrogate-fez', 'my-fez', 'unnamed')
    """
    words = re.sub(r"[^\w.+-]+", "-", unicodedata.normalize("NFC", name))
    return words[:_LONGEST].strip(".-") or "unnamed"
