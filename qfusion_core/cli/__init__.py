"""The command line: ``qfusion VERB``. One small file per verb."""

import sys

from qfusion_core.working_directory import take_no_code_from_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: "Sequence[str] | None" = None) -> None:
    """Entry point of the ``qfusion`` command; always ends in ``SystemExit``.

    Args:
        arguments: The words after ``qfusion``; None for those of the process, which then takes no
            code from its working directory.
    """
    if arguments is None:
        take_no_code_from_here()  # before anything else is imported
    try:
        from qfusion_core.cli.entry import main as run

        run(arguments)
    except KeyboardInterrupt:  # before a verb has begun, or after its end: nothing is to be said
        sys.exit(130)
