"""Files and folders that qfusion names: readable, and a part of a path on every file system."""

import os

from hypothesis import given
from hypothesis import strategies as st

from qfusion_core.runs.claim import new_folder
from qfusion_core.storage.file_names import file_name


@given(st.text())
def test_whatever_something_is_called_one_part_of_a_path_comes_of_it(name):
    made = file_name(name)
    assert 0 < len(os.fsencode(made)) < 255 - len("-refit-.json")
    assert not set(made) & set('/\\:*?"<>|% ') and made.isprintable()
    assert made[0] not in ".-" and made[-1] not in ".-"  # no way up, no hidden file, no option
    assert file_name(made) == made


def test_what_can_stand_in_a_path_stays_as_it_is():
    for name in ("ibm-fez", "sv1", "fez_2", "c++", "1.10", "übung"):
        assert file_name(name) == name


def test_two_that_become_one_get_a_folder_each(tmp_path):
    names = ("surrogate:fez", "surrogate-fez", "surrogate/fez")
    made = [new_folder(tmp_path / f"wine-refit-{file_name(name)}") for name in names]
    assert [path.name.removeprefix("wine-refit-surrogate-fez") for path in made] == ["", "-2", "-3"]
