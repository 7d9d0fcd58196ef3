"""Pages of HTML, each of one file: of a run, of runs beside each other, and a study."""

from kerasgen.reports.comparison import Comparison, write_comparison
from kerasgen.reports.run_report import write_report
from kerasgen.reports.study import Study, make_study
from kerasgen.reports.study_answers import StudyAnswers

__all__ = [
    "Comparison",
    "Study",
    "StudyAnswers",
    "make_study",
    "write_comparison",
    "write_report",
]
