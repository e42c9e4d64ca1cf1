"""Finds plugins by entry point and loads each by itself, so that a bad one harms nobody else."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from importlib.metadata import Distribution, EntryPoint, distributions, packages_distributions
from threading import Lock

import pluggy

from qfusion_core.errors import did_you_mean
from qfusion_core.plugin import hookspecs
from qfusion_core.printable import one_line
from qfusion_core.working_directory import installed_path

GROUP = "qfusion"
HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("qfusion_"))


@dataclass(frozen=True)
class Plugin:
    """One entry point: where it comes from, and why it cannot be used (None if it can).

    Attributes:
        built_in: Whether it is qfusion's own.
        package: Of its module.
    """

    entry_point: str
    distribution: str
    version: str
    failure: str | None = None
    built_in: bool = False
    package: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version} (entry point {self.entry_point!r})"


@dataclass(frozen=True)
class LoadedPlugin:
    """A plugin with the hooks that it implements: none where it failed."""

    plugin: Plugin
    hooks: pluggy.HookRelay | None


def find() -> list[LoadedPlugin]:
    """Every entry point of the group, loaded; one that fails is there with its reason.

    Of two distributions of one name the first on the path counts, as for an import: an editable
    install can be seen twice, under two spellings. What lies in the working directory was installed
    by nobody.
    """
    seen: set[str] = set()
    plugins: list[LoadedPlugin] = []
    for distribution in distributions(path=installed_path()):
        name = _name(distribution)
        if _canonical(name) not in seen:
            seen.add(_canonical(name))
            if points := [*_entry_points(distribution)]:
                version = distribution.version  # all of its metadata are read for it
                plugins += [_load(name, version, point) for point in points]
    return plugins


def explain(error: BaseException) -> str:
    """An exception of foreign code on one line."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"needs the module {error.name!r}: install the package or extra that provides it"
    return one_line(f"{type(error).__name__}: {error}", 500)


class _Quiet:
    """Counts who is inside: the first redirects the output, the last gives it back.

    The output is that of the process, not of a thread: two that redirect it, each by itself, give
    back what the other had put there. Nobody waits: foreign code may take locks of its own.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._redirected = ExitStack()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """For foreign code: what it prints goes to standard error; the output is qfusion's own."""
        with self._lock:
            if not self._inside:
                self._redirected.enter_context(redirect_stdout(sys.stderr))
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._redirected.close()


quiet = _Quiet()  # one for all threads, as `sys.stdout` is


def raised_in(error: BaseException) -> Plugin | None:
    """The plugin of a third party in whose code an exception was raised, the innermost one."""
    others = [loaded.plugin for loaded in find() if not loaded.plugin.built_in]
    if not others:
        return None
    installed = packages_distributions()
    plugin, place = None, error.__traceback__
    while place is not None:
        package = str(place.tb_frame.f_globals.get("__name__", "")).split(".")[0]
        names = {_canonical(name) for name in installed.get(package, ())}
        plugin = next(
            (p for p in others if p.package == package or _canonical(p.distribution) in names),
            plugin,
        )
        place = place.tb_next
    return plugin


def _name(distribution: Distribution) -> str:
    """Read without the rest of its metadata: that takes as long as all else here together."""
    head = re.search(r"^Name:[ \t]*(\S+)", distribution.read_text("METADATA") or "", re.MULTILINE)
    return head[1] if head else str(distribution.name)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _entry_points(distribution: Distribution) -> Iterator[EntryPoint]:
    try:
        yield from distribution.entry_points.select(group=GROUP)
    except Exception:  # damaged metadata of a distribution that need not be ours
        return


def _load(distribution: str, version: str, entry_point: EntryPoint) -> LoadedPlugin:
    plugin = Plugin(
        entry_point.name,
        distribution,
        version,
        built_in=_canonical(distribution) == GROUP,
        package=entry_point.module.split(".")[0],
    )

    def failed(reason: str) -> LoadedPlugin:
        return LoadedPlugin(replace(plugin, failure=reason), None)

    # a manager each: pluggy refuses to register one module for two distributions, and the clash
    # would be seen by nobody
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    try:
        with quiet():
            module = entry_point.load()
        implemented = [name for name in dir(module) if manager.parse_hookimpl_opts(module, name)]
        manager.register(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a plugin raises: the others stay usable
        return failed(f"{entry_point.value} failed to load: {explain(error)}")
    for name in implemented:
        if name not in HOOKS:
            return failed(f"no hook is called {name!r}; {did_you_mean(name, HOOKS)}")
    if not implemented:
        return failed(
            f"{entry_point.value} implements no hook; mark a function such as qfusion_fusions with "
            "@qfusion_core.hookimpl"
        )
    return LoadedPlugin(plugin, manager.hook)
