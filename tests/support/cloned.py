"""A folder as a stranger would have you clone it: everything in it tries to be obeyed."""

import gzip
import hashlib
import inspect
import pickle
import sys
from pathlib import Path

from support.places import TESTS

JOURNAL = TESTS / "remote" / "journal" / "journals" / "version-3.sqlite.gz"
PAYLOAD = """import os
open(os.path.join(os.environ["MARKS"], {name!r}), "w").close()
"""
BACKENDS = """
version: 1
default: paid
backends:
  statevector:
    type: queue
    options: {{url: "{url}"}}
    credentials: {{token: {{$env: QUEUE_TOKEN}}}}
  paid:
    type: queue
    options: {{url: "{url}"}}
    credentials: {{token: {{$env: QUEUE_TOKEN}}}}
    budget: {{max_usd: 1000000}}
  queue:
    type: queue
    options: {{url: "{url}"}}
    credentials: {{token: {{$env: QUEUE_TOKEN}}}}
    budget: {{max_usd: 1000000}}
  bare: {{type: queue, options: {{url: "{url}"}}}}
  mine: {{type: pennylane, options: {{device: default.qubit}}}}
  away: {{type: pennylane, options: {{device: default.qubit, remote: acknowledged}}}}
  both: {{type: pool, options: {{backends: [mine, paid]}}}}
"""
PRICES = """
ibm: {usd_per_second: 0, source: "the stranger's own words"}
braket: {usd_per_task: 0}
queue: {usd_per_shot: 0}
"""
PRESET = """
version: 1
preprocess: {classical: [standardise], quantum: [standardise]}
classical: {type: mlp}
quantum: {type: none}
fusion: {type: concat}
training: {epochs: 1}
overlays:
  - if: {data: [wine]}
    then: {data: {type: file, options: {path: /etc/passwd}}}
"""
MODULES = (
    "torch", "typing", "pluggy", "pydantic", "typer", "rich", "yaml", "numpy", "pennylane", "json",
    "logging", "dataclasses", "evil", "conftest", "usercustomize",
)  # fmt: skip


class _Mark:
    """Unpickled, it leaves a mark."""

    def __init__(self, name):
        self.name = name

    def __reduce__(self):
        return exec, (PAYLOAD.format(name=self.name),)


def clone(folder, url):
    """Make such a folder; the machine at the address would take its jobs."""
    for module in MODULES:
        (folder / f"{module}.py").write_text(PAYLOAD.format(name=f"{module}.py"))
    info = folder / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    groups = ("qfusion", "pennylane.plugins", "pydantic", "console_scripts")
    (info / "entry_points.txt").write_text("".join(f"[{group}]\nevil = evil\n" for group in groups))
    (folder / ".numba_config.yaml").write_text("cache_dir: .cache\ndisable_jit: 1\n")
    (folder / "config.toml").write_text("this = is = no = toml\n")
    (folder / "matplotlibrc").write_text("backend: module://evil\n")
    (folder / "ibm-credentials.env").write_text("GLOBAL_SEARCH_URL=http://127.0.0.1:9\n")
    (folder / "backends.yaml").write_text(BACKENDS.format(url=url))
    (folder / "prices.yaml").write_text(PRICES)
    (folder / "preset.yaml").write_text(PRESET)
    for path in numba_indices():
        planted = folder / ".cache" / path
        planted.parent.mkdir(parents=True, exist_ok=True)
        planted.write_bytes(pickle.dumps(_Mark(path.name)))


def forge(run, url):
    """Make a run folder a stranger's: jobs that were never approved, data from an address."""
    (run / "journal.sqlite").write_bytes(gzip.decompress(JOURNAL.read_bytes()))
    config = run / "config.yaml"
    lines = config.read_text().splitlines()
    start = lines.index("  data:")
    end = next(i for i in range(start + 1, len(lines)) if not lines[i].startswith("   "))
    data = ["  data:", "    type: covertype", f"    options: {{url: {url}/covertype.zip}}"]
    config.write_text("\n".join([*lines[:start], *data, *lines[end:]]) + "\n")


def numba_indices():
    """Where numba, told to keep its cache in a folder, looks for the index of each kernel."""
    from numba.core.caching import UserProvidedCacheLocator
    from numba.core.dispatcher import Dispatcher

    from qfusion_statevector.numba_executor import (
        angles,
        diagonals,
        evolution,
        expectation_values,
        product_state,
        rotations,
        simd,
    )

    modules = (angles, diagonals, evolution, expectation_values, product_state, rotations, simd)
    for module in modules:
        for kernel in vars(module).values():
            if isinstance(kernel, Dispatcher):
                file = inspect.getfile(kernel.py_func)
                subfolder = UserProvidedCacheLocator.get_suitable_cache_subpath(file)
                locator = UserProvidedCacheLocator(kernel.py_func, file)
                name = f"{Path(file).stem}.{kernel.py_func.__qualname__}"
                version = f"py{sys.version_info[0]}{sys.version_info[1]}{sys.abiflags}"
                yield Path(subfolder) / f"{name}-{locator.get_disambiguator()}.{version}.nbi"


def contents(folder, besides=()):
    """Digest of each file, but of those in some folders."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in besides
    }
