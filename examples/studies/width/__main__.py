"""``python examples/studies/width``: see `width.study`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # modules in this folder shadow nothing
    from width.study import main

    sys.exit(main())
