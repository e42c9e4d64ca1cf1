"""Whether a module is there, without running any code of the packages that it lies in."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec


def is_there(module: str) -> bool:
    """Whether a module can be found; neither it nor a package above it is imported.

    Of a package that was not imported the path is the one that it has before its own code runs.

    Raises:
        Exception: Whatever a finder raises.
    """
    try:
        return _spec(module) is not None
    except ModuleNotFoundError:  # what is above it is no package
        return False


def _spec(module: str) -> ModuleSpec | None:
    package, _, name = module.rpartition(".")
    if not package or package in sys.modules:
        return find_spec(module)
    above = _spec(package)
    if above is None or above.submodule_search_locations is None:
        return None
    # by its last name: a namespace package of the whole one asks for that above it in `sys.modules`
    return PathFinder.find_spec(name, [*above.submodule_search_locations])
