"""The process of `remote_warm`, for IBM."""

import importlib
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from conftest import REMOTE, credentials
from remote_warm import mortal, serve

from qfusion_ibm.device import IBM

Mortal = mortal(IBM)


def main():
    for module in ("qiskit.transpiler", "qiskit_ibm_runtime", "qfusion_ibm.no_retry_transport"):
        importlib.import_module(module)
    serve(lambda options: Mortal(IBM.Options(**{**REMOTE, **options}), credentials()))


if __name__ == "__main__":
    main()
