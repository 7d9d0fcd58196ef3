"""What a checkpoint is: its numbers, its record, and how a run goes on from one."""
