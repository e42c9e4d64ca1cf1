"""Which files that lie in a working directory the user has said to trust: by path and content.

``backends.yaml`` names credentials and chooses machines, ``prices.yaml`` says what a budget is
worth: who clones a folder gets those of somebody else. The list lies in the user's state directory,
sealed with the user's key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from qfusion_core.config.shell_command import shell_command
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import InputError, damaged
from qfusion_core.printable import shown_path
from qfusion_core.storage.places import require_own, state_folder
from qfusion_core.storage.reading import (
    DOCUMENT_LIMIT,
    YAML_LIMIT,
    decoded,
    read_bounded,
    read_text,
)
from qfusion_core.storage.user_key import keys
from qfusion_core.storage.writing import write_atomically

NAME = "trusted.json"


class FileBytes(NamedTuple):
    """A file as it was read once: what is compared is what is parsed."""

    path: Path
    content: bytes

    @classmethod
    def read(cls, path: Path) -> FileBytes:
        """Read a regular file of at most 1 MB.

        Raises:
            InputError: It is none, or cannot be read.
        """
        return cls(path, read_bounded(path, YAML_LIMIT))

    def source(self) -> YamlDocument:
        """Its YAML.

        Raises:
            InputError: It is not UTF-8, or no YAML.
        """
        return YamlDocument.parse(decoded(self.content, self.path), str(self.path))


def trust(path: str | Path) -> dict[str, Any]:
    """Trust a ``backends.yaml`` or ``prices.yaml`` where it lies, as it is now.

    It may then open remote machines, name credentials and say prices when it is found in the
    working directory. The documents that it names (``properties:``, ``emulate:``) are trusted with
    it; a change of either is to be trusted anew.

    Args:
        path: Of the file.

    Returns:
        What is kept: ``sha256``, ``documents`` (their own by path) and the time.

    Raises:
        InputError: It cannot be read, or is neither of both; or the list cannot be kept.
    """
    file = FileBytes.read(Path(path))
    _require_kind(file)
    entry = {**_fingerprint(file), "time": _now()}
    _store({**trusted(), str(Path(path).resolve()): entry})
    return entry


def distrust(path: str | Path) -> None:
    """Take a file off the list.

    Raises:
        InputError: It is not there.
    """
    listed, where = trusted(), str(Path(path).resolve())
    if where not in listed:
        raise InputError(f"{shown_path(path)}: is not trusted; `qfusion trust --list` shows all")
    del listed[where]
    _store(listed)


def trusted() -> dict[str, dict[str, Any]]:
    """The list: what `trust` returned, by resolved path.

    Raises:
        InputError: It is damaged, or somebody else may have written it.
    """
    path = state_folder() / NAME
    if not path.exists():
        return {}
    advice = "delete it, and trust your files anew"
    try:
        require_own(path)
    except OSError as error:
        raise InputError(f"{shown_path(path)}: {error}; {advice}") from None
    with damaged(path, advice=advice):
        document = json.loads(read_text(path, DOCUMENT_LIMIT, follow=False))
        files = {str(where): dict(entry) for where, entry in document["files"].items()}
        sealed = any(
            hmac.compare_digest(str(seal), _seal(key, files))
            for seal in document["seals"]
            for key in keys()
        )
    if not sealed:
        raise InputError(f"{shown_path(path)}: was not written with your key; {advice}")
    return files


def is_trusted(found: FileBytes) -> bool:
    """Whether a file is on the list with the bytes that were read, and so are its documents.

    Raises:
        InputError: The list cannot be read.
    """
    entry = trusted().get(str(found.path.resolve()))
    if entry is None or entry.get("sha256") != _sha256(found.content):
        return False
    try:
        return bool(_fingerprint(found)["documents"] == entry.get("documents"))
    except InputError:  # a document that has become something else
        return False


def state_of(path: Path) -> str:
    """A word on a file of the list: unchanged, changed or missing."""
    if not _is_file(path):
        return "missing"
    try:
        return "unchanged" if is_trusted(FileBytes.read(path)) else "changed"
    except InputError:
        return "changed"


def how_to_trust(path: str | Path) -> str:
    """A clause for errors: what to do with a file that is not on the list."""
    command = shell_command("trust", Path(path).absolute())
    return f"if it is yours: `{command}`, or qfusion_core.trust(path)"


def _require_kind(file: FileBytes) -> None:
    data = file.source().data
    sections = data.values() if isinstance(data, dict) else [None]
    if isinstance(data, dict) and isinstance(data.get("backends"), dict):
        return
    if not all(isinstance(section, dict) for section in sections):
        raise InputError(
            f"{shown_path(file.path)}: neither a backends.yaml (a mapping with backends:) nor a "
            "prices.yaml (a mapping for each device); nothing else is to be trusted"
        )


def _fingerprint(file: FileBytes) -> dict[str, Any]:
    folder = file.path.absolute().parent
    source = file.source()
    # a number without quotes names a file, too, where an option is a path
    texts = (*_texts(source.get(("backends",))), *source.texts.values())
    candidates = {folder / text for text in texts if text}
    documents = {
        str(path.resolve()): _sha256(read_bounded(path, DOCUMENT_LIMIT))
        for path in sorted(candidates)
        if _is_file(path)
    }
    return {"sha256": _sha256(file.content), "documents": documents}


def _texts(value: Any) -> Iterator[str]:
    """Every text in the entries: any may name a document, whatever a plugin calls the option."""
    if isinstance(value, str) and value:
        yield str(Path(value).expanduser()) if value.startswith("~/") else value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a text that is too long for a name
        return False


def _store(files: dict[str, dict[str, Any]]) -> None:
    try:
        folder = state_folder(create=True)
        seals = [_seal(key, files) for key in keys(create=True)]
        document = json.dumps({"version": 1, "files": files, "seals": seals}, indent=2)
        write_atomically(folder / NAME, document, mode=0o600)
    except OSError as error:
        raise InputError(
            f"{shown_path(state_folder())}: cannot keep there what is trusted ({error.strerror}); "
            "make it writable, or name the file with --backends-file or by an absolute path in "
            "QFUSION_BACKENDS, QFUSION_PRICES"
        ) from None


def _seal(key: bytes, files: dict[str, dict[str, Any]]) -> str:
    content = b"qfusion trusted files" + json.dumps(files, sort_keys=True).encode()
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
