"""The process of `support.warm`; its works run six rows on a pool of two machines, ``a`` and ``b``.

A work holds ``urls`` of both, ``folder`` and ``out``, perhaps ``rows`` of a job and ``share``; and
how it dies: ``access`` and ``after`` as there, or the ``member`` at whose ``point``.
"""

import json
import sys
from pathlib import Path

import torch

from qfusion_core import Measurement, QfusionError
from qfusion_core.pool.device import Pool
from qfusion_core.pool.options import PoolOptions
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.money.budget import Budget
from qfusion_queue import Queue
from support.keys import QUEUE as SECRET
from support.remote_circuit import CIRCUIT, QUICK, WEIGHTS, WORDS
from support.warm import die_at_access, mortal, serve

Mortal = mortal(Queue)
DATA = torch.linspace(-2, 2, 12, dtype=torch.float64).reshape(6, 2)


def pool(spec, measurement):
    members = {}
    for name, url in spec["urls"].items():
        options = Queue.Options(
            url=url, rows_per_job=spec.get("rows", 1), **QUICK | {"grace_seconds": 0.3}
        )
        device = Mortal(options, Queue.Credentials(token=SECRET))
        device.point = spec.get("point") if name == spec.get("member") else None
        device.bound = Binding(name, Budget(max_jobs=1000), measurement)
        members[name] = device
    of = PoolOptions(backends=tuple(members), share=spec.get("share", "even"))
    return Pool(of, members, {}, ("digest",), Binding("both", None, measurement))


def work(_, spec):
    if spec.get("access"):
        die_at_access(spec["access"])
    said = {"lines": []}
    try:
        agree = {"approve": True, "say": said["lines"].append}
        with Measurement(spec["folder"], "evaluate", **agree) as measurement:
            device = pool(spec, measurement)
            said["values"] = device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS).tolist()
            said["shared"] = device.shared()
    except QfusionError as error:
        said |= {"error": str(error), "exit_code": error.exit_code}
    Path(spec["out"]).write_text(json.dumps(said))


if __name__ == "__main__":
    sys.modules["support.warm"].work = work  # it forks, this works
    serve(None)
