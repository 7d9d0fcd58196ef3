"""Runs: a recipe as a command, its folder, its history, its results."""

from kerasgen.runs.recipe import run as run_recipe
from kerasgen.runs.run import Run

__all__ = ["Run", "run_recipe"]
