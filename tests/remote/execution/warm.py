"""The process of `support.warm`, for the example's queue."""

import os

from qfusion_queue import Queue
from support.keys import QUEUE as SECRET
from support.vfs import use
from support.warm import mortal, serve

Mortal = mortal(Queue)


def connect(options):
    if vfs := os.environ.get("QUEUE_VFS"):
        use(vfs)
    return Mortal(
        Queue.Options(url=os.environ["QUEUE_URL"], **options), Queue.Credentials(token=SECRET)
    )


if __name__ == "__main__":
    serve(connect)
