"""Moving shapes: the ground is still, steps are even, shapes bounce."""

import numpy as np
import pytest

from kerasgen.data import load
from kerasgen.data.moving_shapes import CLASS_NAMES, STEPS

pytestmark = pytest.mark.any_backend


def videos(**kwargs):
    return load("moving_shapes", num_examples=40, batch_size=4, **kwargs)


@pytest.mark.parametrize("key", CLASS_NAMES)
def test_labels_are_of_the_first_shape(key):
    dataset = videos(labels=key, max_shapes=2)
    facts = dataset.source.facts(np.arange(40))
    np.testing.assert_array_equal(dataset.labels[np.arange(40)], facts[key][:, 0])
    assert tuple(dataset.class_names) == CLASS_NAMES[key]
    assert dataset.num_classes == len(CLASS_NAMES[key])
    assert set(facts["count"]) == {1, 2}


def test_the_ground_is_still_outside_of_the_masks():
    dataset = videos(frames=10)
    x, masks = dataset.arrays()[0], dataset.source.masks(np.arange(40))
    assert x.shape == (40, 10, 32, 32, 3) and dataset.fields.x.frames == 10
    always = ~masks.any(axis=1)
    deviation = x.astype(float).std(axis=1).max(axis=-1)
    assert deviation[always].max() == 0
    assert deviation[~always].mean() > 15
    sizes = masks.sum(axis=(2, 3))
    assert (sizes > 8).all() and (np.ptp(sizes, axis=1) <= 20).all()  # none is cut


def test_shapes_move_by_their_step_in_their_direction_until_they_bounce():
    dataset = videos(frames=24)
    facts = dataset.source.facts(np.arange(40))
    places = dataset.source.places(facts)[:, :, 0]
    steps = np.diff(places, axis=1)
    length = np.array(STEPS)[facts["speed"][:, 0]]
    angle = facts["direction"][:, 0] * np.pi / 4
    expected = length[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    spare = facts["spare"][:, 0]
    free = np.abs(facts["start"][:, 0] + expected) <= spare
    np.testing.assert_allclose(steps[:, 0][free], expected[free], atol=1e-5)
    assert (np.abs(places) <= spare[:, None] + 1e-5).all()
    assert (np.sign(steps[:, :1]) != np.sign(steps)).any()  # some have bounced
    masks = dataset.source.masks(np.arange(40)).astype(float)
    middles = np.arange(32) + 0.5
    found = (masks.sum(axis=2) @ middles) / masks.sum(axis=(2, 3))
    np.testing.assert_allclose(found / 16 - 1, places[..., 0], atol=0.08)


def test_wrong_options_are_refused():
    for options in ({"frames": 1}, {"max_shapes": 3}, {"labels": "color"}):
        with pytest.raises(ValueError, match="must be.*Received"):
            videos(**options)
