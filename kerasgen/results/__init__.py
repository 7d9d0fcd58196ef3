"""What recipes reached, as data: `recipes/results.jsonl` and the tables made of it.

It imports no Keras, so that `kerasgen record` answers at once.
"""

from kerasgen.results import command, figures, file, rows, schema, speed, tables

__all__ = ["command", "figures", "file", "rows", "schema", "speed", "tables"]
