"""Growth: the stages of networks that grow, from any level on."""

import numpy as np
import pytest
from keras import ops

from kerasgen.families.growing import Growing

pytestmark = pytest.mark.any_backend


class Sizes(Growing):
    stage, stage_progress = 0, 0.25

    def __init__(self, image_shape, first_level=0):
        self.image_shape, self.first_level, self.lengths = image_shape, first_level, []
        self.add_growth(fade_images=3, stable_images=5)

    def add_stages(self, lengths):
        self.lengths = lengths


@pytest.mark.parametrize(
    "first, lengths", [(0, [5, 3, 5, 3]), (1, [5, 3]), (2, []), (5, [])]
)
def test_a_size_by_itself_then_a_fade_and_a_size(first, lengths):
    model = Sizes((16, 24, 1), min(first, 2))
    assert model.doublings == 2 and model.base == (4, 6)
    assert model.lengths == lengths
    assert model.level == min(first, 2) and model.fade is None
    model.stage = len(lengths)
    assert model.level == 2 and model.block == 1


def test_real_images_are_as_large_as_the_level_and_fade_with_it():
    x = np.random.default_rng(0).uniform(size=(1, 16, 16, 1)).astype("float32")
    model = Sizes((16, 16, 1))

    def means(factor):
        blocks = x.reshape(1, 16 // factor, factor, 16 // factor, factor, 1)
        return blocks.mean((2, 4)).repeat(factor, axis=1).repeat(factor, axis=2)

    for stage, expected in (
        (0, means(4)),
        (1, 0.75 * means(4) + 0.25 * means(2)),
        (2, means(2)),
        (3, 0.75 * means(2) + 0.25 * x),
        (4, x),
    ):
        model.stage = stage
        found = ops.convert_to_numpy(model.as_grown(x))
        np.testing.assert_allclose(found, expected, atol=1e-6)
