"""What foreign code prints goes to standard error, and the output comes back, in whatever order."""

import sys
from contextlib import ExitStack

from qfusion_core.plugin.discovery import quiet


def test_who_leaves_first_gives_back_what_was_there_before_both(capsys):
    before = sys.stdout
    first, second = ExitStack(), ExitStack()
    first.enter_context(quiet())
    second.enter_context(quiet())  # of another thread, say
    first.close()
    sys.stdout.write("still foreign\n")
    second.close()
    assert sys.stdout is before
    sys.stdout.write("ours\n")
    assert capsys.readouterr() == ("ours\n", "still foreign\n")


def test_it_may_be_used_inside_itself_and_raise(capsys):
    before = sys.stdout
    try:
        with quiet(), quiet():
            raise RuntimeError
    except RuntimeError:
        assert sys.stdout is before
