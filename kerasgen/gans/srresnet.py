"""SRResNet: a residual network that enlarges images, with the least squared error.

Ledig et al., 2017, "Photo-Realistic Single Image Super-Resolution Using a Generative
Adversarial Network", https://arxiv.org/abs/1609.04802, sections 2.1 and 3.2: the
generator of SRGAN, trained without an adversary.

Differs from the paper:
1. Batch normalisation keeps 0.9 of its averages an update; the paper does not say.
2. The rate of Adam stays at 1e-4, the paper's for all of the million updates.
"""

import keras

from kerasgen.families.super_resolution import SuperResolutionModel
from kerasgen.registry import register


@register
class SRResNet(SuperResolutionModel):
    """Super-resolution by residual blocks and pixel shuffles.

    It minimises `E (x - G(y))^2` of large images `x` and small ones `y`, which makes
    the signal-to-noise ratio large and fine structure smooth.

    Args:
        image_shape: tuple `(height, width, channels)` of the large images that it
            learns from, sides divisible by `scale`; 96x96 is the paper's. `enlarge`
            takes images of any size.
        scale: int. How many times as large, 2, 4 or 8.
        filters: int. Maps of the convolutions.
        blocks: int. Residual blocks.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   `(large, small)`, images, `uint8` or float in `[0, 1]`, see
        `kerasgen.data.super_resolution`.
    Sample:  none; `enlarge(images)` gives images, float32 in `[0, 1]`, of any size, and
        `translate(images)` those of small images of the shape it learned from.
    Scalars: `loss`, of values in `[-1, 1]`.
    Raises:  ValueError: if the sides are not divisible by `scale`.

    Example:
    >>> model = kerasgen.gans.SRResNet((16, 16, 3), filters=4, blocks=1)
    >>> model.enlarge(np.zeros((1, 5, 7, 3), "uint8")).shape
    (1, 20, 28, 3)

    Reference: [Ledig et al., 2017](https://arxiv.org/abs/1609.04802), section 3.2.
    """

    def __init__(self, image_shape, scale=4, filters=64, blocks=16, **kwargs):
        super().__init__(image_shape, scale, filters, blocks, **kwargs)
        self.add_phase("generator", self.generator, scalars=("loss",))

    def compute_losses(self, phase, x, labels, training):
        return {"loss": self.pixel_loss(x, labels, training)[1]}

    def default_optimizers(self):
        return {"generator": keras.optimizers.Adam(1e-4, beta_1=0.9)}
