"""Pages of HTML, each of one file: of a run, and of runs beside each other."""

from kerasgen.reports.comparison import Comparison, write_comparison
from kerasgen.reports.run_report import write_report

__all__ = ["Comparison", "write_comparison", "write_report"]
