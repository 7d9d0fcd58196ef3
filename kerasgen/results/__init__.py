"""What recipes reached, as data: `recipes/results.jsonl` and the tables made of it.

It imports nothing else of the package, and by relative imports alone, so that the
`kerasgen` command can load it without Keras.
"""

from . import command, figures, file, rows, schema, speed, tables

__all__ = ["command", "figures", "file", "rows", "schema", "speed", "tables"]
