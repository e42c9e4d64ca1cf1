"""A process in the cloned folder that has imported everything, and forks a child for each command.

Its door is that of ``python -m``: the working directory is first on `sys.path` until `main` says
otherwise. Reads a JSON list of words on each line, answers with [exit code, output, error].
"""

import gc
import json
import os
import sys
import tempfile

sys.path.insert(0, "")
sys.argv = ["qfusion", "--version"]
from qfusion_core.cli import main  # noqa: E402

try:
    main()
except SystemExit:
    pass
from support.preloading import preload  # noqa: E402

preload()


def run(words):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            sys.argv[1:] = words
            try:
                main()
            except SystemExit as end:
                sys.stdout.flush()
                os._exit(int(end.code or 0))
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return os.waitstatus_to_exitcode(status), out.read().decode(), err.read().decode()


def answer(document):
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


gc.collect()
gc.freeze()  # no child looks through what was there before
answer("ready")
for line in sys.stdin:
    answer(run(json.loads(line)))
