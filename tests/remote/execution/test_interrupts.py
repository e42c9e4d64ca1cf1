"""Told to end at any moment of a transaction, a process leaves no lock behind while it ends."""

import os
import signal
import sys
import threading

import pytest

from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.signals import ending_politely

TRACED = ("qfusion_core/remote", "contextlib.py", "tenacity")


class Interrupt:
    """Sends SIGHUP to this process when so many lines, calls and returns have gone by."""

    def __init__(self, number):
        self.number, self.seen = number, 0

    def __call__(self, frame, event, argument):
        if not any(place in frame.f_code.co_filename for place in TRACED):
            return None
        self.seen += 1
        if self.seen == self.number:
            os.kill(os.getpid(), signal.SIGHUP)
        return self


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Opens another measurement in the journal of one run."""
    monkeypatch.setattr("qfusion_core.provenance.provenance", dict)

    def _write(subject):
        (tmp_path / "run").mkdir(exist_ok=True)
        about = MeasurementIdentity("test", subject, "paid", "toy", "")
        return Journal(tmp_path / "run").open(about, again=False)

    _write("made")
    return _write


def interrupted(write, number):
    """Whether it was; if so, another thread writes while the interruption is still on its way."""
    interrupt, written = Interrupt(number), []
    try:
        with ending_politely():
            sys.settrace(interrupt)
            try:
                write(f"{number}")
            finally:
                sys.settrace(None)
    except KeyboardInterrupt:
        other = threading.Thread(target=lambda: written.append(write(f"{number} again")))
        other.daemon = True
        other.start()
        other.join(20)
        assert written, f"at {number} the journal stayed locked"
        return True
    return interrupt.seen


def test_an_interruption_at_any_moment_leaves_no_lock(write):
    """Of a context manager whose entry is broken off, nobody leaves the block."""
    moments = interrupted(write, -1)
    assert moments > 1000
    near = range(1, 400)  # a read, then the write begins
    for number in (*near, *range(400, moments, moments // 30)):
        interrupted(write, number)


def test_what_came_during_a_transaction_is_raised_once_at_its_end(write):
    moments = interrupted(write, -1)
    assert interrupted(write, moments // 2) is True
    write("afterwards")
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
