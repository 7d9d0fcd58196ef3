"""GANs whose networks grow with their images, block by block, within one training."""

from keras import ops

from kerasgen.arguments import check_int
from kerasgen.layers.sizes import halvings
from kerasgen.networks.progressive import enlarge, shrink


class Growing:
    """Mixin, before `TwoPlayerModel`, of networks that grow (Karras et al., 2018).

    Levels are counted from 0, that of the smallest images of 4 to 7 pixels a side. A
    model calls `add_growth` once its image is known; its networks take `level` and
    `fade`, as those of `kerasgen.networks.progressive` do. Until the last level images
    are blocks of equal pixels, in samples as in what is trained on. Both optimizers
    begin anew with each stage.
    """

    first_level = 0

    def add_growth(self, fade_images, stable_images):
        """Declares the stages: a size by itself, then a fade and a size, and so on.

        From `first_level` on; from the last level on nothing grows.

        Args:
            fade_images: int. Images over which a block fades in.
            stable_images: int. Images seen at each size without a fade.
        """
        self.fade_images = check_int("fade_images", fade_images)
        self.stable_images = check_int("stable_images", stable_images)
        growing = [fade_images, stable_images] * (self.doublings - self.first_level)
        if growing:
            self.add_stages([stable_images, *growing][:-1])

    def maps(self, level):
        """Returns how many maps convolutions have at a level, 0 the smallest."""
        return max(1, min(self.filters_base >> (level + 1), self.max_filters))

    @property
    def doublings(self):
        """int. Levels above the smallest."""
        return halvings(*self.image_shape[:2])

    @property
    def base(self):
        """Tuple `(height, width)` of the smallest images."""
        height, width, _ = self.image_shape
        return height >> self.doublings, width >> self.doublings

    @property
    def level(self):
        """int. How often the smallest image has been doubled so far."""
        return self.first_level + (self.stage + 1) // 2

    @property
    def block(self):
        """int. Side of the blocks of equal pixels that images are made of so far."""
        return 2 ** (self.doublings - self.level)

    @property
    def fade(self):
        """Tensor in [0, 1], the weight of the newest block; None when it is 1."""
        return self.stage_progress if self.stage % 2 else None

    @property
    def grown(self):
        """dict of `level` and `fade`, which networks take."""
        return {"level": self.level, "fade": self.fade}

    def enter_stage(self, stage):
        self.optimizer.reset()

    def compute_losses(self, phase, x, labels, training):
        x = self.as_grown(x)  # real images fade as generated ones do
        return super().compute_losses(phase, x, labels, training)

    def as_grown(self, x):
        """Returns real images at a level's size, and as far as the fade has come."""
        fade, factor = self.fade, self.block
        x = _blocks(ops.convert_to_tensor(x), factor)
        if fade is None:
            return x
        old = _blocks(x, 2 * factor)
        return old + fade * (x - old)


def _blocks(x, factor):
    return x if factor == 1 else enlarge(shrink(x, factor), factor)
