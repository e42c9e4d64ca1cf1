"""A measurement for a program of one's own: what it takes."""

import numpy as np
import pytest

from qfusion_core import InputError, Measurement, measurement


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"again": "no"}, "again: expected True or False; got 'no'"),
        ({"again": 1}, "again: expected True or False; got 1"),
        ({"again": None}, "again: expected True or False; got None"),
        ({"subject": None}, "subject: expected to what it is done, on one line; .*; got None"),
        ({"subject": b"rows"}, "subject: expected to what .*; got a bytes"),
        ({"subject": "a\nb"}, r"subject: expected to what .*; got 'a\\nb'"),
        ({"name": 3}, "name: expected what is done, in a word or two on one line; got 3"),
        ({"name": " "}, "name: expected what is done, .*; got ' '"),
        ({"name": "a\nb"}, r"name: expected what is done, .*; got 'a\\nb'"),
        ({"name": "a\u2028b"}, r"name: expected what is done, .*; got "),
        ({"name": "a\ud800"}, r"name: expected what is done, .*; got "),
    ],
)
def test_what_is_of_another_kind_is_refused_by_its_name(given, said, tmp_path):
    with pytest.raises(InputError, match=f"^{said}"):
        measurement(**{"name": "training", "run": tmp_path} | given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"again": "no"}, "again: expected True or False; got 'no'"),
        ({"wait": "no"}, "wait: expected True or False; got 'no'"),
        ({"verb": 3}, "verb: expected what is done, or None; got 3"),
        ({"subject": None}, "subject: expected a text; empty for nothing; got None"),
    ],
)
def test_so_is_what_a_measurement_itself_is_given(given, said):
    with pytest.raises(InputError, match=f"^{said}"):
        Measurement(**given)


def test_plain_ones_are_taken(tmp_path):
    measurement("four rows, zwölf Äpfel", tmp_path, subject="wine", again=np.bool_(False))
