"""A run folder cannot make its reader ask a server."""

from __future__ import annotations

from pathlib import Path

from qfusion_core.config.spec import ComponentSpec
from qfusion_core.errors import InputError
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import one_line, shown_path


def refuse_address(file: Path, data: ComponentSpec, registry: Registry) -> None:
    """Refuse a data set that would be asked of an address that only the file names.

    An address that is the data set's own default may stand there.

    Args:
        file: For the text of the error.
        data: From it.
        registry: Where data sets are looked up.

    Raises:
        InputError: Names the option, the address and what to do.
    """
    fields = registry.options("dataset", data.type).model_fields
    for name, value in data.options.items():
        own = fields[name].default if name in fields else None
        if isinstance(value, str) and "://" in value and value != own:
            raise InputError(
                f"{shown_path(file)}: spec.data.options.{one_line(name, 40)}: would ask "
                f"{one_line(value, 60)} for the data; if you trust that address, add --allow-url"
            )
