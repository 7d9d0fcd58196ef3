"""The `kerasgen` command: runs `kerasgen/cli.py` without `import kerasgen`.

So Keras is not imported before the command line has said which backend to take, and
`kerasgen --help` answers at once.
"""

import importlib.util
import runpy
import sys
from pathlib import Path


def main():
    package = Path(importlib.util.find_spec("kerasgen").origin).parent
    command = package / "cli.py"
    if not command.is_file():
        sys.exit(
            "error: `kerasgen` must be the package of the distribution kerasgen-zoo: "
            "another project's has the same name, `pip uninstall kerasgen` removes it. "
            f"Received: {package}"
        )
    runpy.run_path(str(command), run_name="__main__")
