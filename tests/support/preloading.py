"""What a process imports before it forks a child for each command: no child imports it again."""

import functools
import importlib
import pkgutil
from contextlib import suppress
from importlib.metadata import entry_points

# what is ours, and what it takes long to import of others
_OTHERS = (
    "torch", "torch._dynamo", "pennylane", "pennylane_lightning.lightning_qubit", "pandas",
    "sklearn.datasets", "sklearn.datasets.data", "sklearn.datasets.descr", "sklearn.metrics",
    "typer.main",
)  # fmt: skip
_VENDORS = ("boto3", "braket.aws", "braket.simulator", "qiskit", "qiskit_ibm_runtime", "qiskit_aer")


def preload(*, vendors: bool = False) -> None:
    """Import all of the core and of its plugins, as far as their packages are installed.

    Args:
        vendors: The SDKs, too.
    """
    names = ("qfusion_core", *sorted(plugin.module for plugin in _ours()))
    packages = [importlib.import_module(name) for name in names]
    ours = [
        module.name
        for package in packages
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.name.endswith("__main__")
    ]
    for name in (*_OTHERS, *(_VENDORS if vendors else ()), *ours):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and error.name.startswith("qfusion"):
                raise
    _on_first_use()


def _on_first_use():
    """What libraries get ready when they are first used. No kernel is loaded: that is a child's."""
    import typer.main

    from qfusion_core.cli.app import app

    with suppress(ModuleNotFoundError):  # an extra
        from numba.core.registry import cpu_target

        cpu_target.target_context.refresh()
        cpu_target.typing_context.refresh()
    typer.main.get_command = functools.cache(typer.main.get_command)
    typer.main.get_command(app)


def _ours():
    """Entry points of this distribution, not those of third parties."""
    return [
        plugin
        for plugin in entry_points(group="qfusion")
        if plugin.dist is not None and plugin.dist.name == "qfusion"
    ]
