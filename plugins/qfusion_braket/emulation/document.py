"""Saved properties of a device: looked at when the options are read, without the SDK."""

from __future__ import annotations

from pathlib import Path

from qfusion_core import InputError, one_line, parse_json, read_document, shown_path

SAVE = "`qfusion backends save NAME` stores those of a device at AWS"


def require_document(path: str) -> str:
    """Refuse a file that holds no properties of a device; return its text.

    Raises:
        ValueError: Says what is there. (pydantic adds the position.)
    """
    where = shown_path(Path(path).absolute())
    try:
        text = read_document(path)
        document = parse_json(text)
    except InputError as error:
        raise ValueError(f"{error}; {SAVE}") from None
    except (ValueError, RecursionError) as error:
        problem = one_line(error, 60) or type(error).__name__
        raise ValueError(f"{where}: is not JSON ({problem}); {SAVE}") from None
    header = document.get("braketSchemaHeader") if isinstance(document, dict) else None
    if not isinstance(header, dict) or not str(header.get("name", "")).endswith("capabilities"):
        raise ValueError(f"{where}: holds no properties of a Braket device; {SAVE}")
    return text
