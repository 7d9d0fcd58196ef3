"""What surrounds the step."""

from tests.training.tiny import *  # noqa: F403
