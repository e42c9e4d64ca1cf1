"""Takes secrets out of what others said, in every form in which they may have said them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

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
        for form in _all_forms(known):
            ends = ("", "") if len(form) >= _SHORT else (r"(?<!\w)", r"(?!\w)")
            text = re.sub(_escaped(form).join(ends), HIDDEN, text)
        for secret in known:
            text = _without_pieces(text, secret.strip())
        return text

    def hide_bytes(self, raw: bytes) -> bytes:
        """Raw data without the secrets. Short ones stay: they would be found in any data."""
        for form in _all_forms(self._secrets()):
            if len(form) >= _SHORT:
                pattern = _escaped(form).encode(errors="surrogatepass")
                raw = re.sub(pattern, HIDDEN.encode(), raw)
        return raw


def _all_forms(secrets: Iterable[str]) -> list[str]:
    found = {form for secret in secrets for form in _forms(secret)}
    return sorted(found, key=len, reverse=True)


def _forms(secret: str) -> set[str]:
    """As it is, stripped, in one line; each as HTML and URLs write it; in base64."""
    plain = {secret, secret.strip(), " ".join(secret.split())}
    found = set(plain)
    for text in plain:
        urls = {quote(text, safe="", errors="replace"), quote(text, errors="replace")}
        urls |= {quote_plus(text, errors="replace")}
        urls |= {re.sub("%..", lambda code: code[0].lower(), each) for each in urls}
        raw = text.encode(errors="replace")
        found |= {html.escape(text), html.escape(text, False), repr(raw)[2:-1]}
        found |= urls | _in_base64(raw)
    return {form for form in found if form.strip()}


def _escaped(text: str) -> str:
    """A pattern of a text as JSON and Python write it, also in a text in a text, to any depth."""
    pieces = re.findall(r"\\+|[^\\]+", text)
    return "".join(
        # each layer doubles the backslashes before what it has to escape
        r"\\++" if piece.startswith("\\") else r"\\*+".join(map(_character, piece))
        for piece in pieces
    )


def _character(character: str) -> str:
    """A pattern of a character, or of what its escape has behind the backslashes."""
    ways = {re.escape(character)}
    for escape in (json.dumps(character)[1:-1], ascii(character)[1:-1]):
        if escape.startswith("\\") and escape[1:] != character:
            halves = escape[1:].split("\\")  # in JSON, a pair of surrogates has two escapes
            ways.add("(?i:" + r"\\++".join(map(re.escape, halves)) + ")")
    return ways.pop() if len(ways) == 1 else f"(?:{'|'.join(sorted(ways))})"


def _in_base64(raw: bytes) -> set[str]:
    """As part of a text that is encoded as a whole: at each of the three places that it can have.

    Only letters that it decides alone: those at its ends depend on its neighbours.
    """
    found = set()
    for before in range(3):
        first, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"\0" * before + raw).decode()[first:end])
    return {form for form in found if len(form) >= _SHORT}


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
