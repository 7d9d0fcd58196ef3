"""`python -m kerasgen` is the `kerasgen` command."""

import sys

from kerasgen.command.cli import main

if __name__ == "__main__":
    sys.exit(main())
