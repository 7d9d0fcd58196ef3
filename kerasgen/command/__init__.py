"""The `kerasgen` command: what it reads, and what its sub-commands do."""
