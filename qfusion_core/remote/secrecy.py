"""Takes secrets out of what others said, in every form in which they may have said them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable

HIDDEN = "(hidden)"
_SHORT = 8  # characters: what is shorter is part of ordinary words, and is hidden as a word only
_TOO_SHORT = 4  # no secret is; the name of an instance may be
_LONG, _PIECE = 24, 16  # of a secret that long a piece that long tells, too: others cut messages


class Secrecy:
    """Knows secrets, which may change while it is in use: a token that was refreshed.

    Args:
        secrets: Gives them as they are now.
    """

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        self._secrets = secrets

    def hide(self, text: str) -> str:
        """A text without the secrets. To be used before it is cut: half of one is one, too."""
        known = [secret for secret in self._secrets() if len(secret.strip()) >= _TOO_SHORT]
        bare = text.replace("\\", "")
        for form in _all_forms(known):
            if _longest_word(form) not in bare:
                continue
            ends = ("", "") if len(form) >= _SHORT else (r"(?<!\w)", r"(?!\w)")
            text = re.sub(_written(form).join(ends), HIDDEN, text)
        for secret in known:
            text = _without_pieces(text, secret.strip())
        return text

    def hide_bytes(self, raw: bytes) -> bytes:
        """Raw data without the secrets. Short ones stay: they would be found in any data."""
        bare = raw.replace(b"\\", b"")
        for form in _all_forms(self._secrets()):
            if len(form) >= _SHORT and _longest_word(form).encode() in bare:
                pattern = _written(form).encode(errors="surrogatepass")
                raw = re.sub(pattern, HIDDEN.encode(), raw)
        return raw


def _all_forms(secrets: Iterable[str]) -> list[str]:
    found = {form for secret in secrets for form in _forms(secret)}
    return sorted(found, key=len, reverse=True)


def _forms(secret: str) -> set[str]:
    """As it is, stripped, in one line; each also in base64."""
    found = {secret, secret.strip(), " ".join(secret.split())}
    found |= {form for text in found for form in _in_base64(text.encode(errors="replace"))}
    return {form for form in found if form.strip()}


def _longest_word(form: str) -> str:
    """Letters and digits of it that nothing but backslashes can part, whoever writes it.

    Where they are not there, the form is not: looking for them is quick, its pattern takes
    milliseconds to be made.
    """
    return max(re.findall(r"[A-Za-z0-9]+", form), key=len, default="")


def _written(text: str) -> str:
    """A pattern of a text as JSON, Python, HTML and URLs write it, in a text in a text, and so on.

    Each layer of JSON or Python doubles the backslashes before what it has to escape.
    """
    start = r"(?<!\\)" if text.startswith("\\") else ""  # a run of them is looked at once
    return start + "".join(
        r"(?:\\++|%(?:25)*5[Cc])" if piece[0] == "\\" else r"\\*+".join(map(_character, piece))
        for piece in re.findall(r"\\+|[^\\]+", text)
    )


def _character(character: str) -> str:
    """A pattern of a character, or of what stands for it, without the backslash of an escape."""
    plain = re.escape(character)
    if character.isascii() and character.isalnum():
        return plain
    code, raw = ord(character), character.encode(errors="replace")
    escape, named = json.dumps(character)[1:-1], html.escape(character).strip("&;")
    ways = {
        escape.lstrip("\\").replace("\\", r"\\++") if escape != character else plain,
        f"u{code:04x}", f"u{code:08x}", f"x{code:02x}",
        r"\\++".join(f"x{byte:02x}" for byte in raw),
        "".join(f"%(?:25)*{byte:02x}" for byte in raw),
        rf"&(?:amp;)*(?:#0*{code}|#x0*{code:x}|{re.escape(named)});",
    }  # fmt: skip
    if character == " ":
        ways.add(r"\+")
    return f"(?:{plain}|(?i:{'|'.join(sorted(ways))}))"


def _in_base64(raw: bytes) -> set[str]:
    """As part of a text that is encoded as a whole: at each of the three places that it can have.

    Only letters that it decides alone: those at its ends depend on its neighbours.
    """
    forms = set()
    for before in range(3):
        first, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(b"\0" * before + raw).decode()[first:end])
    return {form for form in forms if len(form) >= _SHORT}


def _without_pieces(text: str, secret: str) -> str:
    """Without pieces of a long one. A CRN is made of words, which mean no harm."""
    if len(secret) < _LONG or secret.startswith("crn:"):
        return text
    pieces = {secret[start : start + _PIECE] for start in range(len(secret) - _PIECE + 1)}
    kept, at = "", 0
    while at < len(text):
        end = at
        while text[end : end + _PIECE] in pieces:
            end += 1
        if end > at:
            kept, at = kept + HIDDEN, end - 1 + _PIECE
        else:
            kept, at = kept + text[at], at + 1
    return kept
