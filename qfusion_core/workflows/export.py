"""``export``: a copy of a run folder to share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.printable import shown_path
from qfusion_core.runs.folder import RunFolder
from qfusion_core.workflows.result import Table, VerbResult

if TYPE_CHECKING:
    from qfusion_core.runs.export import Exported


@dataclass(frozen=True)
class ExportResult(VerbResult):
    """A copy that was written.

    Attributes:
        run: The run folder; it was not changed.
        written: The new folder, what it holds, and what could not be taken along.
    """

    run: Path
    written: Exported

    def to_dict(self) -> dict[str, Any]:
        """The document of ``qfusion export --json``."""
        return {
            "run": str(self.run),
            "path": str(self.written.path),
            "files": self.written.files,
            "remains": self.written.remains,
            "left_out": self.written.left_out,
        }

    def shown(self) -> Iterator[Table | str]:
        """What was written, and what remains of the data."""
        yield f"written: {shown_path(self.written.path)}: {', '.join(self.written.files)}"
        yield from (f"it holds {line}" for line in self.written.remains)
        yield from (f"left out: {line}" for line in self.written.left_out)


def export(run: str | Path, to: str | Path) -> ExportResult:
    """Write a copy of a finished run without paths, host names, accounts and job ids.

    It loads and evaluates as the run does. A data set that is a file of one's own is not copied.

    Args:
        run: Folder that `train` wrote.
        to: A new folder.

    Raises:
        InputError: The run cannot be read or has not finished, or there is something at the target.
    """
    folder = RunFolder.open(run)  # what is misspelt is said before torch is imported

    from qfusion_core.runs.export import export as write_copy

    return ExportResult(folder.path, write_copy(folder.path, to))
