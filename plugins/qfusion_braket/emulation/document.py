"""Saved properties of a device: looked at when the options are read, without the SDK."""

from __future__ import annotations

import json
from pathlib import Path

SAVE = "`qfusion backends save NAME` stores those of a device at AWS"


def require_document(path: str) -> str:
    """Refuse a file that holds no properties of a device; return its text.

    Raises:
        ValueError: Says what is there. (pydantic adds the position.)
    """
    try:
        text = Path(path).read_text()
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise ValueError(f"{Path(path).absolute()}: cannot be read ({said}); {SAVE}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is not text; {SAVE}") from None
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path}: is not JSON ({error}); {SAVE}") from None
    header = document.get("braketSchemaHeader") if isinstance(document, dict) else None
    if not isinstance(header, dict) or not str(header.get("name", "")).endswith("capabilities"):
        raise ValueError(f"{path}: holds no properties of a Braket device; {SAVE}")
    return text
