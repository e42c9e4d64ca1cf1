"""Named, configured devices: ``backends.yaml``.

The file says where circuits run; nothing else in qfusion does. It is found by an explicit path,
by ``QFUSION_BACKENDS``, as ``./backends.yaml``, in the user's configuration directory, or inside
this package, in that order; one that lies here and is not trusted stands behind the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.backends.pools import read_pools
from qfusion_core.backends.schema import BackendEntry, BackendsFile, refuse_secrets
from qfusion_core.config.file_search import find, left_out
from qfusion_core.config.shell_command import quoted
from qfusion_core.config.trust import how_to_trust
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import CredentialsMissing, InputError, did_you_mean
from qfusion_core.notes import note
from qfusion_core.options import Credentials, Options, values_digests
from qfusion_core.plugin.registry import Registry
from qfusion_core.plugin.reserved import SURROGATE
from qfusion_core.pool.options import PoolOptions, pool_digests
from qfusion_core.printable import one_line, shortened, shown_path
from qfusion_core.storage.places import expanded

if TYPE_CHECKING:
    from qfusion_core.interfaces.device import Device

VARIABLE = "QFUSION_BACKENDS"
PACKAGED = Path(__file__).with_name("backends.yaml")


@dataclass(frozen=True)
class Backends:
    """A ``backends.yaml`` that was read and checked, devices' own options excepted.

    Attributes:
        source: The file that counts, for positions in errors.
        default: Name of the default backend.
        entries: By name, in the order of the file.
        pools: Options of those that are pools.
        theirs: A file that was only found in the working directory, and is not trusted.
        strangers: Names that only that file has.
        made: Names that no file has, and how their options are read: what stands in a run folder.
    """

    source: YamlDocument
    default: str
    entries: Mapping[str, BackendEntry]
    pools: Mapping[str, PoolOptions]
    theirs: YamlDocument | None = None
    strangers: frozenset[str] = frozenset()
    made: Mapping[str, Callable[[], dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path | None = None) -> Backends:
        """Read the file that is in force, and one that was found and is not trusted behind it.

        Raises:
            InputError: With path, line and column.
        """
        if path is not None:
            path = expanded(path, "backends file")
            if not path.is_file():
                raise InputError(f"backends file {path}: no such file")
            return cls._of(YamlDocument.read(path))
        found = find("backends.yaml", VARIABLE, PACKAGED)
        assert found.own is not None
        own = cls._of(found.own.source())
        if found.theirs is None:
            return own
        try:
            theirs = cls._of(found.theirs.source())
        except InputError as error:
            if os.environ.get(VARIABLE):  # which names it
                raise
            left_out(error, own.source.path)
            return own
        return _with_strangers(own, theirs)

    @classmethod
    def _of(cls, source: YamlDocument) -> Backends:
        refuse_secrets(source)
        schema = source.validate(BackendsFile)
        if schema.default not in schema.backends:
            unknown = f"unknown backend {one_line(repr(schema.default), 60)}"
            suggestion = did_you_mean(schema.default, schema.backends)
            raise source.error(("default",), f"{unknown}; {shortened(suggestion, 120)}")
        for name in schema.backends:
            if name.startswith(SURROGATE):
                raise source.error(
                    ("backends", name),
                    f"names that begin with {SURROGATE} are those of what `qfusion distil` keeps "
                    "in a run; choose another one",
                )
        pools = read_pools(source, schema.backends)
        return cls(source, schema.default, schema.backends, pools)

    def with_made(self, kind: str, options: Mapping[str, Callable[[], dict[str, Any]]]) -> Backends:
        """The same with backends of one type that no file has.

        Args:
            kind: Their type.
            options: By name: gives the options of the one that is asked for.
        """
        new = {name: of for name, of in options.items() if name not in self.entries}
        entries = {**self.entries, **{name: BackendEntry(type=kind) for name in new}}
        return replace(self, entries=entries, made={**self.made, **new})

    def source_of(self, name: str) -> YamlDocument:
        """The file that an entry is of."""
        return self.theirs if self.theirs and name in self.strangers else self.source

    def require(self, name: str) -> str:
        """A name that is in the file.

        Raises:
            InputError: It is not.
        """
        if name not in self.entries:
            if name.startswith(SURROGATE):
                hint = f"; {did_you_mean(name, self.made)}" if self.made else ""
                raise InputError(
                    f"backend {one_line(repr(name), 60)}: there is no such surrogate in a run that "
                    f"was trained{hint}; `qfusion distil RUN --backend NAME` makes surrogate:NAME"
                )
            suggestion = did_you_mean(name, self.entries)
            unknown = one_line(repr(name), 60)
            where = shown_path(self.source.path)
            raise InputError(f"unknown backend {unknown} in {where}; {suggestion}")
        return name

    def options(self, name: str, registry: Registry) -> Options:
        """Checked options of a backend, for which its device need not be imported.

        Raises:
            InputError: Unknown name, device or option.
        """
        if name in self.made:
            options = registry.options("device", self.entries[name].type)
            return options.model_validate(self.made[name]())
        place = ("backends", self.require(name))
        if name in self.pools:
            for member in self.pools[name].backends:
                self.options(member, registry)
            return self.pools[name]
        try:
            options = registry.options("device", self.entries[name].type)
        except InputError as error:
            raise self.source_of(name).error((*place, "type"), str(error)) from None
        return self.source_of(name).validate(options, (*place, "options"))

    def configured(self, name: str, registry: Registry) -> tuple[type[Device], Options]:
        """Device class and checked options of a backend. Opens nothing, reads no secret.

        Raises:
            InputError: Unknown name, device or option.
        """
        options = self.options(name, registry)
        if name in self.pools:
            from qfusion_core.pool.device import Pool

            return Pool, options
        try:
            device: type[Device] = registry.get("device", self.entries[name].type)
        except InputError as error:  # its module does not load, say
            if name in self.made:
                raise
            raise self.source_of(name).error(("backends", name, "type"), str(error)) from None
        return device, options

    def values_digest(self, name: str, registry: Registry) -> str:
        """The first of `values_digests`."""
        return self.values_digests(name, registry)[0]

    def values_digests(self, name: str, registry: Registry) -> tuple[str, ...]:
        """What a backend's device and its options that change values are recognised by.

        See `qfusion_core.options.values_digests`.

        Raises:
            InputError: Unknown name, device or option.
        """
        options = self.options(name, registry)
        if name in self.pools:
            members = self.pools[name].backends
            digests = {member: self.values_digests(member, registry) for member in members}
            return pool_digests(self.pools[name], digests)
        return values_digests(self.entries[name].type, options)

    def credentials(self, name: str, device: type[Device]) -> Credentials | None:
        """The secrets of a backend, from the environment.

        Raises:
            CredentialsMissing: One is not set.
        """
        place = ("backends", name, "credentials")
        references = self.entries[name].credentials
        if not references and not device.Credentials.model_fields:
            return None
        secrets = {key: os.environ.get(each.name, "") for key, each in references.items()}
        if unset := [key for key, secret in secrets.items() if not secret]:
            names = list(dict.fromkeys(references[key].name for key in unset))
            problem = self.source_of(name).error(
                (*place, unset[0]),
                f"{'the environment variable' if len(names) == 1 else 'environment variables'} "
                f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} not set; "
                f"export {' '.join(f'{each}=...' for each in names)} and run again",
            )
            raise CredentialsMissing(str(problem))
        return self.source_of(name).validate(device.Credentials, place, secrets)


def _with_strangers(own: Backends, theirs: Backends) -> Backends:
    """The user's backends, and behind them those of a file that is not trusted.

    A name is looked up in the user's file first. The default stays the user's: what is compared
    with it, and what is scored on it, is nothing that a stranger decides.
    """
    strangers = frozenset(theirs.entries) - frozenset(own.entries)
    pools = {name: pool for name, pool in theirs.pools.items() if name in strangers}
    default = quoted(one_line(theirs.default, 60))
    note(
        f"{theirs.source.path} was only found here: of it count names that {own.source.path} has "
        "not, for what runs on this machine"
        + (f", its default as `--backend {default}`; " if theirs.default in strangers else "; ")
        + how_to_trust(theirs.source.path)
    )
    return replace(
        own,
        entries={**theirs.entries, **own.entries},
        pools={**pools, **own.pools},
        theirs=theirs.source,
        strangers=strangers,
    )
