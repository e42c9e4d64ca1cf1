"""The process of `support.warm`, for IBM."""

import importlib

from qfusion_ibm.device import IBM
from support.ibm.access import REMOTE, credentials
from support.warm import mortal, serve

Mortal = mortal(IBM)


def main():
    for module in ("qiskit.transpiler", "qiskit_ibm_runtime", "qfusion_ibm.no_retry_transport"):
        importlib.import_module(module)
    serve(lambda options: Mortal(IBM.Options(**{**REMOTE, **options}), credentials()))


if __name__ == "__main__":
    main()
