"""With ``pytest -n``, a file's tests run in one worker: what they share is made once, not in each.

Of the processes that import everything and fork, of the trained models and of the stand-ins for
machines, most are shared by a module. Files start in the order in which they are collected: by
default xdist puts those of few tests last, and the slowest have few.
"""

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Whole files, unless another way is asked for with ``--dist``."""
    from xdist.scheduler import LoadFileScheduling

    if config.getvalue("dist") != "load":  # what ``-n`` means by itself
        return None
    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)
