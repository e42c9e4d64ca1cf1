"""``python examples/faults``: see `faults.play`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # modules in this folder shadow nothing
    from faults.play import main

    sys.exit(main())
