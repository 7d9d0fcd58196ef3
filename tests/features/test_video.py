"""Videos: frames are images, a strip shows them, what is refused."""

import numpy as np
import pytest
from keras import ops

from kerasgen.features import Video

VIDEOS = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5, 3), "uint8")
FEATURE = Video(3, (4, 5, 3), data_range=(-1.0, 1.0))


def test_networks_see_frames_in_their_range():
    tensor = ops.convert_to_tensor(VIDEOS)
    seen = FEATURE.prepare(FEATURE.shaped(tensor))
    expected = VIDEOS / 127.5 - 1
    np.testing.assert_allclose(ops.convert_to_numpy(seen), expected, atol=1e-6)
    grey = Video(3, (4, 5, 1))
    assert grey.shaped(tensor[..., 0]).shape == (2, 3, 4, 5, 1)
    assert grey.check(VIDEOS[..., 0]).shape == (2, 3, 4, 5, 1)


@pytest.mark.any_backend
def test_a_picture_is_a_strip_of_frames():
    strip = FEATURE.picture(VIDEOS)
    assert strip.shape == (2, 4, 3 * 5 + 2, 3) and strip.dtype == np.float32
    for i in range(3):
        frame = strip[:, :, 6 * i : 6 * i + 5]
        np.testing.assert_allclose(frame, VIDEOS[:, i] / 255.0, atol=1e-6)
    assert (strip[:, :, 5] == 1).all()
    long = np.zeros((1, 32, 4, 5, 1), "float32")
    long[:, -1] = 0.5  # the last frame is always shown
    strip = Video(32, (4, 5, 1)).picture(long)
    assert strip.shape == (1, 4, 8 * 5 + 7, 1) and (strip[:, :, -5:] == 0.5).all()


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "value, message",
    [
        (None, r"`x` must be given: videos of shape \(3, 4, 5, 3\)"),
        (VIDEOS[:, :2], r"`x` must have videos of shape \(3, 4, 5, 3\)"),
        (VIDEOS[:, 0], r"`x` must have videos of shape \(3, 4, 5, 3\)"),
        (VIDEOS[:1], "`x` must have one entry for each of the 2 examples"),
        (VIDEOS * 1.0, r"`x` must be uint8, or floats in \[0, 1\]"),
        (VIDEOS.astype("int64"), 'pass `x.astype\\("uint8"\\)`'),
        (VIDEOS // 255, "`x` must use the range 0..255 if it is uint8"),
        (VIDEOS * np.nan, "`x` must be finite"),
    ],
)
def test_what_is_wrong_is_refused(value, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        FEATURE.check(value, "x", 2)
