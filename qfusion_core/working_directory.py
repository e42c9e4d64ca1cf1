"""The working directory holds data: neither code nor settings of a library.

A folder that somebody else made may hold a ``torch.py``, a distribution with entry points, numba's
``.numba_config.yaml`` (which names a folder to unpickle from), PennyLane's ``config.toml`` and a
``matplotlibrc``. Nothing here imports more than an interpreter holds anyway: it runs while such a
folder may still be on `sys.path`.
"""

import io
import os
import site
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any


def take_no_code_from_here() -> None:
    """Take the working directory off `sys.path` where nobody meant it to be.

    ``python -m`` and ``-c`` put it first, and so does an empty entry of PYTHONPATH, as in
    ``PYTHONPATH=$PYTHONPATH:/mine`` where there was none before.
    """
    if sys.path and not sys.flags.safe_path and _is_here(sys.path[0]):
        del sys.path[0]
    named = os.environ.get("PYTHONPATH")
    if named and "" in named.split(os.pathsep):
        sys.path[:] = installed_path()


def installed_path() -> "list[str]":
    """`sys.path` without the working directory, unless PYTHONPATH names it, be it as a dot.

    Who stands in a folder of installed packages finds them all the same.
    """
    named = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    if any(map(_is_here, named)):
        return list(sys.path)
    if any(map(_is_here, (*site.getsitepackages(), site.getusersitepackages()))):
        return list(sys.path)
    return [each for each in sys.path if not _is_here(each)]


def take_no_settings_from_here() -> None:
    """Keep libraries from settings in the working directory, those that are imported included."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    numba = sys.modules.get("numba.core.config")
    if numba is not None and hasattr(numba, "reload_config"):  # it reads anew at each compilation
        _guard(numba)
        numba.reload_config()


class _Finder(PathFinder):
    """Finds the modules that read settings, and gives them an `open` that knows better."""

    @classmethod
    def find_spec(
        cls,
        fullname: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        """Of one of those modules; None for all others."""
        if fullname not in _ELSEWHERE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: "ModuleType") -> None:
        _guard(module)
        super().exec_module(module)


def _guard(module: "ModuleType") -> None:
    elsewhere = _ELSEWHERE[module.__name__]

    def open_elsewhere(file: "Any", *arguments: "Any", **keywords: "Any") -> "Any":
        return io.open(elsewhere(file), *arguments, **keywords)  # noqa: UP020

    module.__dict__["open"] = open_elsewhere  # comes before the built-in one


def _nothing_of_numba(file: "Any") -> "Any":
    return os.devnull if file == ".numba_config.yaml" else file


def _nothing_of_pennylane(file: "Any") -> "Any":
    if os.path.dirname(file) in ("", os.curdir):
        raise FileNotFoundError(file)  # it looks in the next place
    return file


def _nothing_of_matplotlib(file: "Any") -> "Any":
    if file != "matplotlibrc":
        return file
    matplotlib = sys.modules["matplotlib"]
    named = os.environ.get("MATPLOTLIBRC", file)
    folders = (named, matplotlib.get_configdir())
    places = [named, *(os.path.join(folder, file) for folder in folders)]
    found = (place for place in places if place != file and os.path.isfile(place))
    return next(found, os.path.join(matplotlib.get_data_path(), file))


_ELSEWHERE: "dict[str, Callable[[Any], Any]]" = {
    "numba.core.config": _nothing_of_numba,
    "pennylane.configuration": _nothing_of_pennylane,
    "matplotlib": _nothing_of_matplotlib,
}


def _is_here(folder: str) -> bool:
    try:
        return folder == "" or os.path.samefile(folder, os.curdir)
    except (OSError, ValueError):
        return False
