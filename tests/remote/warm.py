"""The process of `remote_warm`, for the example's queue."""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from conftest import SECRET
from remote_vfs import use
from remote_warm import mortal, serve

from qfusion_queue import Queue

Mortal = mortal(Queue)


def connect(options):
    if vfs := os.environ.get("QUEUE_VFS"):
        use(vfs)
    return Mortal(
        Queue.Options(url=os.environ["QUEUE_URL"], **options), Queue.Credentials(token=SECRET)
    )


if __name__ == "__main__":
    serve(connect)
