"""The `kerasgen` command, which imports Keras when it knows the backend, not before.

So the command line may say which one to take, and `kerasgen --help` answers at once.
"""

import importlib.util
import sys
from pathlib import Path

running = False  # what `kerasgen` looks at, which then imports no Keras


def main():
    package = Path(importlib.util.find_spec("kerasgen").origin).parent
    if not (package / "command" / "cli.py").is_file():
        sys.exit(
            "error: `kerasgen` must be the package of the distribution kerasgen-zoo: "
            "another project's has the same name, `pip uninstall kerasgen` removes it. "
            f"Received: {package}"
        )
    global running
    running = True
    from kerasgen.command import cli

    sys.exit(cli.main())
