"""What an input may do: be taken, or refused in one plain line; soon, and with little memory."""

import resource
import signal
import warnings
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from qfusion_core import QfusionError
from qfusion_core.cli import main

LONGEST, SECONDS, PATIENCE, BYTES = 300, 10, 60, 2_000_000_000


class TooSlow(BaseException):
    """No `except Exception` takes it."""


class Outcome(NamedTuple):
    """Of one input.

    Attributes:
        value: What was made of it; None where it was refused.
        said: The line with which it was refused.
    """

    value: Any
    said: str | None = None


def require_plain(said, seed, longest=LONGEST):
    """One line, without control characters, not too long."""
    assert said.isprintable(), (seed, said)
    assert len(said) <= longest, (seed, len(said), said)


def outcome(seed, function, *arguments, about=None):
    """Call what reads an input; anything but a value or a plain line is a fault.

    Args:
        seed: Named where something is wrong.
        function: Reads it.
        arguments: Of the function.
        about: Stands in the line: the name of the file.
    """
    with limited(seed):
        try:
            return Outcome(function(*arguments))
        except QfusionError as error:
            said = str(error)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error
    require_plain(said, seed)
    assert about is None or about in said, (seed, said)
    return Outcome(None, said)


@contextmanager
def limited(seed):
    """A time, on a processor and on the clock, and memory; libraries' warnings are no errors."""

    def late(*_):
        raise TooSlow(f"seed {seed}: after {SECONDS} s of CPU or {PATIENCE} s")

    timers = (
        (signal.SIGPROF, signal.ITIMER_PROF, SECONDS),
        (signal.SIGALRM, signal.ITIMER_REAL, PATIENCE),
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    handlers = [signal.signal(number, late) for number, _, _ in timers]
    try:
        for _, timer, seconds in timers:
            signal.setitimer(timer, seconds)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for (number, timer, _), handler in zip(timers, handlers, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert taken * 1024 < BYTES, (seed, taken)


def command(capsys, seed, *words, codes=(0, 2)):
    """A command line in this process: its exit code, output and errors, which act on nothing."""
    with limited(seed), pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    out, err = capsys.readouterr()
    code = int(end.value.code or 0)
    said = (seed, words, code, out, err)
    assert code in codes, said
    assert "unexpected" not in err, said
    assert out.replace("\n", "").isprintable() or "--json" not in words, said
    assert err.replace("\n", "").isprintable(), said
    if code:
        assert err.splitlines()[-1].startswith("error: "), said
        require_plain(err.splitlines()[-1], seed, LONGEST + len("error: "))
    return code, out, err


def standing(folder):
    """All files below a folder, by name, as they are."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        found[str(path)] = (about.st_mtime_ns, about.st_size, about.st_mode)
    return found
