"""``python -m qfusion_core``: the same as the command ``qfusion``."""

from qfusion_core.cli import main

if __name__ == "__main__":
    main()
