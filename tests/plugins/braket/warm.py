"""The process of `support.warm`, for Braket."""

import functools
import importlib

from qfusion_braket.device import Braket
from support.braket.access import REMOTE
from support.warm import mortal, serve

Mortal = mortal(Braket)


def main():
    import boto3
    import botocore.loaders

    for module in ("braket.ir.openqasm", "botocore.paginate", "botocore.exceptions"):
        importlib.import_module(module)
    # a killed child is to have been killed at work, not while boto reads its models
    botocore.loaders.create_loader = functools.cache(botocore.loaders.create_loader)
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    for name in ("braket", "s3"):
        boto3.Session(region_name="us-east-1", **keys).client(name)
    serve(lambda options: Mortal(Braket.Options(**{**REMOTE, **options})))


if __name__ == "__main__":
    main()
