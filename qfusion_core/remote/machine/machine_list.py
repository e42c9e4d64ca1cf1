"""Lists of vendors' machines: what is published of them, with the page and the day. For plans only.

A list comes with an adapter; the user's own, which holds what providers told since, stands before
it. No figure of either is ever held against a budget at submission where the machine tells its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from filelock import FileLock
from pydantic import AfterValidator, Field, model_validator

from qfusion_core.config.yaml_dump import dump
from qfusion_core.config.yaml_source import YamlDocument
from qfusion_core.errors import InputError, did_you_mean
from qfusion_core.options import Options
from qfusion_core.printable import one_line, shown_path
from qfusion_core.remote.money.price import ListedPrice
from qfusion_core.storage.places import config_folder
from qfusion_core.storage.writing import write_atomically

FILE = "machines.yaml"  # in the user's configuration directory
_TOLD = "told"  # name of the source of what a provider tells


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[str, AfterValidator(_day)]
Usd = Annotated[float | None, Field(ge=0, le=1e6)]
Count = Annotated[int | None, Field(ge=1, le=10**12)]
Word = Annotated[str, Field(min_length=1, max_length=60)]


class Reading(Options):
    """Where something was read, and when."""

    page: str = Field(min_length=1, max_length=300, description="a page, a file, or a reply")
    as_of: Day | None = Field(None, description="of the copy that was read; none: it has no date")
    read: Day = Field(description="the day on which it was read")

    @property
    def day(self) -> str:
        """As of which it holds; when it was read, if that is not known."""
        return self.as_of or self.read


class MachineFacts(Options):
    """What is known of a machine. An adapter's `RemoteDevice.told` makes one of a reply."""

    device: Word = Field(description="as the adapter's option names it")
    vendor: Word
    qubits: int = Field(ge=1, le=10**6)
    kind: Literal["qpu", "simulator"] = "qpu"
    id: str | None = Field(None, max_length=200, description="the provider's")
    native_gates: tuple[Word, ...] = Field((), max_length=200)
    connectivity: Word | None = Field(None, description="in a word")
    shots: tuple[Annotated[int, Field(ge=0, le=10**12)], Annotated[int, Field(ge=1)]] | None = (
        Field(None, description="fewest and most of a circuit; none: not known")
    )
    circuits_per_job: Count = Field(None, description="at most; none: not known")
    shots_per_job: Count = Field(None, description="at most; none: not known")
    usd_per_shot: Usd = None
    usd_per_minute: Usd = None


class ListEntry(MachineFacts):
    """An entry of a list: facts, and the names of the sources that they are from."""

    named: str | None = Field(None, description="source of name and id")
    facts: tuple[str, ...] = Field(min_length=1, description="sources of the facts")
    price: str | None = Field(None, description="source of the price")

    @model_validator(mode="after")
    def _priced(self) -> Self:
        if (self.price is None) != (self.usd_per_shot is None and self.usd_per_minute is None):
            raise ValueError("price: a price and its source go together")
        return self


class ListFile(Options):
    """A list of machines as it is written: sources, and what each of them says."""

    version: Literal[1]
    sources: dict[str, Reading]
    machines: dict[str, ListEntry]

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        for name, entry in self.machines.items():
            for source in (*entry.facts, entry.named, entry.price):
                if source is not None and source not in self.sources:
                    nearest = did_you_mean(source, self.sources)
                    raise ValueError(f"{name}: no source {one_line(repr(source), 40)}; {nearest}")
        return self


@dataclass(frozen=True)
class Listed:
    """A machine of a list.

    Attributes:
        name: In the list.
        facts: Of the machine.
        readings: Where they are from.
        priced: Where the price is from; None where none is known.
        packaged: Whether they come with the adapter; else from the user's list.
        price_packaged: The same of the price, which a reply may not tell.
    """

    name: str
    facts: MachineFacts
    readings: tuple[Reading, ...]
    priced: Reading | None
    packaged: bool = True
    price_packaged: bool = True

    @property
    def price_source(self) -> ListedPrice | None:
        """What a price says of where it comes from; None where the list has no price."""
        if self.priced is None:
            return None
        return ListedPrice(f"{_list(self.price_packaged)}: {self.priced.page}", self.priced.day)

    def completed(self, published: Listed) -> Listed:
        """With what is published of what the provider has not told."""
        old, new = published.facts, self.facts
        prices = {"usd_per_shot", "usd_per_minute"}
        nothing = (None, ())
        untold = {
            name: getattr(old, name)
            for name in MachineFacts.model_fields
            if getattr(new, name) in nothing and getattr(old, name) not in nothing
            if name not in prices or self.priced is None  # a price is told whole
        }
        return replace(
            self,
            facts=new.model_copy(update=untold),
            readings=(*self.readings, *(published.readings if untold.keys() - prices else ())),
            priced=self.priced or published.priced,
            price_packaged=self.priced is None and published.price_packaged,
        )

    def __str__(self) -> str:
        oldest = min(each.day for each in self.readings)
        pages = "`qfusion backends machines --json` names the pages"
        return f"{_list(self.packaged)} (as of {oldest}; {pages})"


@dataclass(frozen=True)
class MachineList:
    """An adapter's machines.

    Attributes:
        packaged: The list that comes with it.
        device: Name of the adapter, and of its section in the user's list.
        option: With which an entry of ``backends.yaml`` names a machine.
        unpriced: What is said where the list has no price.
    """

    packaged: Path
    device: str
    option: str
    unpriced: str = "no price known"

    def read(self) -> dict[str, Listed]:
        """By name.

        Raises:
            InputError: The user's list is wrong; with the position.
        """
        machines = dict(_listed(YamlDocument.read(self.packaged).validate(ListFile), packaged=True))
        for name, own in _listed(self._users(), packaged=False):
            machines[name] = own.completed(machines[name]) if name in machines else own
        return machines

    def of(self, device: str) -> Listed | None:
        """The machine that the adapter's option calls so."""
        return next((each for each in self.read().values() if each.facts.device == device), None)

    def keep(self, facts: MachineFacts, today: date | None = None) -> Path:
        """Write what a provider has just told into the user's list, in place of what is there.

        Returns:
            The list.

        Raises:
            InputError: It is wrong as it is, or cannot be written.
        """
        path = config_folder() / FILE
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(path.with_name(f".{FILE}.lock")):  # two replies at once are both kept
                self._write(path, facts, today or datetime.now(UTC).date())
        except OSError as error:
            fault = error.strerror or type(error).__name__
            raise InputError(f"{shown_path(path)}: cannot be written ({fault})") from None
        return path

    def _write(self, path: Path, facts: MachineFacts, today: date) -> None:
        users = self._users()
        listed = self.of(facts.device)
        name = listed.name if listed else facts.device.replace("/", "-").replace("_", "-").lower()
        day = f"{today:%Y-%m-%d}"
        source = f"{_TOLD}-{day}"
        priced = facts.usd_per_shot is not None or facts.usd_per_minute is not None
        entry = ListEntry(**facts.model_dump(), facts=(source,), price=source if priced else None)
        reply = Reading(page=f"reply of the provider of {facts.device}", as_of=day, read=day)
        machines = {**users.machines, name: entry}
        used = {each for one in machines.values() for each in (*one.facts, one.named, one.price)}
        sources = {**users.sources, source: reply}
        whole = YamlDocument.read(path).data if path.is_file() else {}
        whole[self.device] = ListFile(
            version=1,
            sources={each: where for each, where in sources.items() if each in used},
            machines=machines,
        ).model_dump(mode="json", exclude_none=True)
        write_atomically(path, dump(whole))

    def _users(self) -> ListFile:
        path = config_folder() / FILE
        nothing = ListFile(version=1, sources={}, machines={})
        if not path.is_absolute() or not path.is_file():
            return nothing
        source = YamlDocument.read(path)
        if source.get((self.device,)) is None:
            return nothing
        return source.validate(ListFile, (self.device,))


def _listed(sheet: ListFile, *, packaged: bool) -> Iterator[tuple[str, Listed]]:
    for name, entry in sheet.machines.items():
        keys = dict.fromkeys((*entry.facts, *([entry.named] if entry.named else [])))
        priced = None if entry.price is None else sheet.sources[entry.price]
        data: dict[str, Any] = {each: getattr(entry, each) for each in MachineFacts.model_fields}
        facts = MachineFacts.model_construct(**data)
        read = tuple(sheet.sources[key] for key in keys)
        yield name, Listed(name, facts, read, priced, packaged, packaged)


def _list(packaged: bool) -> str:
    return "the packaged list of machines" if packaged else "your own list of machines"
