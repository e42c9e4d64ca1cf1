"""A secret is taken out in every form in which it may have been said, and nothing else is."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfusion_core import RemoteOptions, Transient
from qfusion_core.remote.adapter.request_retry import RetryingCaller
from qfusion_core.remote.secrecy import Secrecy

TOKEN = 'tk-7fe"2c1\\d0  not for you, été/+= <&> and as long as a key'


def deep(text, depth):
    """What is said in a text in JSON, in a text in JSON, and so on."""
    return json.dumps(deep(text, depth - 1)) if depth else text


def odd(text, escape):
    """With an escape for each character that is no letter, digit or backslash."""
    plain = [each.isalnum() or each == "\\" or ord(each) > 0xFF for each in text]
    return "".join(
        each if stays else escape.format(ord(each)) for each, stays in zip(text, plain, strict=True)
    )


FORMS = {
    "as it is": str,
    "stripped": str.strip,
    "in one line": lambda text: " ".join(text.split()),
    "JSON": json.dumps,
    "JSON with its letters": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"said": text})),
    "JSON five times deep": lambda text: deep(text, 5),
    "JSON of Python of JSON": lambda text: json.dumps(repr(json.dumps(text))),
    "HTML in JSON": lambda text: json.dumps(html.escape(text)),
    "Python": repr,
    "Python in ASCII": ascii,
    "Python in JSON": lambda text: json.dumps({"message": repr(text)}),
    "bytes": lambda text: repr(text.encode()),
    "URL": lambda text: quote(text, safe=""),
    "URL with slashes": quote,
    "form": quote_plus,
    "URL in a URL": lambda text: quote(quote(text, safe=""), safe=""),
    "as others write JSON": lambda text: odd(text, "\\u{:04x}"),
    "as others write scripts": lambda text: odd(text, "\\x{:02X}"),
    "HTML by numbers": lambda text: odd(text, "&#{};"),
    "HTML in HTML": lambda text: html.escape(html.escape(text)),
    "URL in small letters": lambda text: quote(text, safe="").lower(),
    "HTML": html.escape,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in a URL": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 with a user": lambda text: base64.b64encode(f"user:{text}:more".encode()).decode(),
}
secrets = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=12, max_size=60
).filter(lambda text: len(text.strip()) >= 12 and text.isprintable())


def remains(text, secret):
    """The longest piece of a secret that a text still shows."""
    longest = 0
    for start in range(len(secret)):
        while secret[start : start + longest + 1] in text and start + longest < len(secret):
            longest += 1
    return longest


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_every_form(form):
    said = Secrecy(lambda: [TOKEN]).hide(f"refused: {form(TOKEN)}; come again")
    assert said.startswith("refused: ") and said.endswith("; come again")
    assert "(hidden)" in said
    assert remains(said, TOKEN) < 6, said


@settings(max_examples=150, deadline=None)
@given(secrets, st.sampled_from(list(FORMS)))
def test_every_form_of_any_secret(secret, name):
    form = FORMS[name]
    if name == "URL in small letters":
        secret = secret.lower()
    said = Secrecy(lambda: [secret]).hide(f"[{form(secret)}]")
    assert form(secret) not in said
    assert "(hidden)" in said


@pytest.mark.parametrize("length", [20, 40, 90])
def test_a_secret_that_somebody_else_has_cut(length):
    secret = "".join(chr(48 + (7 * place) % 75) for place in range(120))
    said = Secrecy(lambda: [secret]).hide(f"the token {secret[:length]}... is not known")
    assert said == "the token (hidden)... is not known"


@pytest.mark.parametrize("secret", ["a", "ab", "lab", "", " "])
def test_what_is_no_secret_mutilates_nothing(secret):
    secrecy = Secrecy(lambda: [secret])
    text = "a lab's label: ab a able"
    assert secrecy.hide(text) == text
    assert secrecy.hide_bytes(text.encode()) == text.encode()


def test_a_short_one_is_hidden_as_a_word_and_never_in_raw_data():
    secrecy = Secrecy(lambda: ["qlab7"])
    assert secrecy.hide("instance qlab7, qlab77") == "instance (hidden), qlab77"
    assert secrecy.hide_bytes(b'{"qlab7": 1}') == b'{"qlab7": 1}'


@pytest.mark.parametrize("depth", range(5))
def test_no_layer_of_escapes_leaves_a_piece(depth):
    said = Secrecy(lambda: [TOKEN]).hide(deep(TOKEN, depth))
    assert "".join(said.split("(hidden)")).strip('"\\') == ""


def test_backslashes_without_end_take_no_time():
    secrecy = Secrecy(lambda: ["\\\\one\\two\\\\three"])
    assert secrecy.hide("\\" * 20_000) == "\\" * 20_000
    assert secrecy.hide_bytes(b"\\" * 1_000_000) == b"\\" * 1_000_000


def test_raw_data_are_cleaned_in_every_form():
    secrecy = Secrecy(lambda: [TOKEN])
    for form in FORMS.values():
        raw = f"[{form(TOKEN)}]".encode()
        assert form(TOKEN).encode() not in secrecy.hide_bytes(raw)


def test_a_message_is_cut_after_it_was_cleaned():
    """Half of a secret is one, too, and is none that can be looked for."""
    asking = RetryingCaller("b", RemoteOptions(tries=1), lambda: [TOKEN])
    for before in range(0, 700, 7):
        with pytest.raises(Transient) as failed:
            asking(lambda: (_ for _ in ()).throw(Transient("x" * before + TOKEN + "y" * 900)))  # noqa: B023
        said = failed.value.reason
        assert len(said) < 700 and remains(said, TOKEN) < 6


def test_a_very_long_message():
    asking = RetryingCaller("b", RemoteOptions(tries=1), lambda: [TOKEN])
    for before in range(19_900, 20_001, 10):
        assert remains(asking.hide("x" * before + TOKEN + "y" * 90_000), TOKEN) < 6


def test_what_was_refreshed_is_hidden_too():
    known = ["first-token-0123456789"]
    secrecy = Secrecy(lambda: known)
    known[0] = "second-token-0123456789"
    assert secrecy.hide("no second-token-0123456789") == "no (hidden)"


def test_nobody_gets_hold_of_what_the_sdk_raised():
    asking = RetryingCaller("b", RemoteOptions(tries=1), lambda: [TOKEN])

    def request():
        try:
            raise ValueError(TOKEN)
        except ValueError:
            raise Transient("no reply") from None

    with pytest.raises(Transient) as failed:
        asking(request)
    assert failed.value.__context__ is None and failed.value.__cause__ is None
