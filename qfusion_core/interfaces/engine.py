"""What runs independent jobs. Provisional: nothing calls it yet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from qfusion_core import options as base
from qfusion_core.interfaces.component import Component


class Engine(Component, ABC):
    """Runs independent jobs: here, in processes, on a cluster."""

    name: ClassVar[str]

    @abstractmethod
    def __init__(self, options: base.Options) -> None:
        """Start nothing before `map`."""

    @abstractmethod
    def map(self, function: Callable[[Any], Any], specs: Iterable[Any]) -> Iterator[Any]:
        """Results in the order of the specs. Specs and results are plain JSON."""
