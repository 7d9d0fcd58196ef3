"""What a table of scores shows of itself in a notebook."""

import re

import pytest

from kerasgen.metrics.score_table import SampleScores, Score

pytestmark = pytest.mark.any_backend


def test_scores_are_a_table_of_html_with_their_settings():
    first = Score("recall [a<b]", 0.5, 0.01, "standard error", None, "higher")
    other = Score("recall [a<b]", 0.25, None, None, 0.5, "higher", of_class="cat")
    found = SampleScores([first], {"seed": 0}, [other], {"modes": "why"})
    cells = re.findall("<t[dh]>(.*?)</t[dh]>", found._repr_html_())
    assert cells == (
        ["score", "samples", "", "real images", "better"]
        + ["recall [a&lt;b]", "0.5", "± 0.01", "", "higher"]
        + ["score", "class", "samples", "", "real images", "better"]
        + ["recall [a&lt;b]", "cat", "0.25", "", "0.5", "higher"]
        + ["seed", "0", "modes", "left out: why"]
    )
