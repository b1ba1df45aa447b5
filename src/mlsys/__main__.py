"""``python -m mlsys``: the same as the command ``mlsys``."""

import sys

from mlsys.cli import main

if __name__ == "__main__":
    sys.exit(main())
