"""``python -m qfusion_core``: the same as the command ``qfusion``."""

import sys

try:
    from qfusion_core.cli import main
except KeyboardInterrupt:  # as in `main`
    sys.exit(130)

if __name__ == "__main__":
    main()
