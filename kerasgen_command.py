"""The `kerasgen` command: runs `kerasgen/cli.py` without `import kerasgen`.

So Keras is not imported before the command line has said which backend to take, and
`kerasgen --help` answers at once.
"""

import importlib.util
import runpy
from pathlib import Path


def main():
    package = Path(importlib.util.find_spec("kerasgen").origin).parent
    runpy.run_path(str(package / "cli.py"), run_name="__main__")
