"""VQ-VAE: an autoencoder of discrete codes, with a prior over them fitted afterwards.

van den Oord, Vinyals and Kavukcuoglu, 2017, "Neural Discrete Representation Learning",
https://arxiv.org/abs/1711.00937, sections 3 and 4.1, appendix A.1. Official code: none
read.

Differs from the paper:
1. The codebook follows by moving averages (appendix A.1) unless `ema_decay=None`, which
   is the form of section 3.2; codes that are hardly used are restarted, in the first
   step nearly all of them, from vectors of its batch.
2. All losses are means: over sub-pixels, and over the values of all latents. The paper
   does not say how it weighs them.
3. A 1x1 convolution from the encoder's maps to the codes' size, and a 3x3 one back.
4. The prior is a small Gated PixelCNN that sees a trained vector for each code.
"""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.autoregressive.gated_pixelcnn import GatedPixelCNN
from kerasgen.families.quantized_model import QuantizedModel
from kerasgen.layers.vector_quantizer import VectorQuantizer, perplexity
from kerasgen.networks.residual_networks import residual_decoder, residual_encoder
from kerasgen.registry import register


@register
class VQVAE(QuantizedModel):
    """Vector-quantised variational autoencoder.

    An image becomes a grid of codes, each the index of the nearest of `num_codes`
    vectors; gradients pass from the decoder straight to the encoder. `fit` trains the
    autoencoder, for which all codes are equally likely. Then `fit_prior` trains
    `priors[0]`, a `kerasgen.autoregressive.GatedPixelCNN`, on the grids, and `sample`
    draws a grid and decodes it.

    Args:
        image_shape: tuple `(height, width, channels)`, height and width divisible by
            `2^downsamplings`.
        num_codes: int. Vectors of the codebook. Defaults to `512`.
        code_dim: int. Their size. Defaults to `64`.
        downsamplings: int. Convolutions of stride 2: a code for `4^downsamplings`
            pixels. Defaults to `2`.
        filters: int. Maps of all layers. Defaults to `256`.
        blocks: int. Residual blocks of encoder and decoder. Defaults to `2`.
        commitment_weight: float. Weight of what holds the encoder to its codes.
            Defaults to `0.25`.
        ema_decay: float in `[0, 1)` or None. Of the codebook's moving averages, None
            for a codebook that is trained.
        restart_threshold: float. Codes used less than this share of equal use are
            replaced, see `kerasgen.layers.vector_quantizer`. 0 for never. Defaults to
            `0.1`.
        data_variance: float. Variance of the data's sub-pixels, by which the squared
            error is divided. Defaults to `1.0`.
        prior_filters: int. Maps of the prior. Defaults to `64`.
        prior_blocks: int. Its gated layers after the first. Defaults to `10`.
        num_classes: int or None. Makes the prior conditional on labels, as in the
            paper; encoder and decoder do not take them.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape: decoded codes of the prior.
    Scalars: `loss`; `reconstruction`, the squared error of a sub-pixel of `[0, 1]`
        images over `data_variance`; `quantization`, that of a latent's value against
        its code; `perplexity` of a batch's codes, 1 to `num_codes`. `loss =
        reconstruction + commitment_weight * quantization`, and without `ema_decay` once
        more `quantization`, for the codebook.
    Raises:  ValueError: if `restart_threshold` is not 0 with `ema_decay=None`.

    Example:
    >>> model = kerasgen.autoencoders.VQVAE((28, 28, 1), filters=32)
    >>> images = kerasgen.data.load("digits", image_size=28).arrays()[0]
    >>> model.encode(images[:100]).shape
    (100, 7, 7)

    Reference: [van den Oord et al., 2017](https://arxiv.org/abs/1711.00937)
    """

    prior_class = GatedPixelCNN

    def __init__(
        self,
        image_shape,
        num_codes=512,
        code_dim=64,
        downsamplings=2,
        filters=256,
        blocks=2,
        commitment_weight=0.25,
        ema_decay=0.99,
        restart_threshold=0.1,
        data_variance=1.0,
        prior_filters=64,
        prior_blocks=10,
        num_classes=None,
        **kwargs,
    ):
        super().__init__(
            image_shape,
            num_codes,
            2 ** check_int("downsamplings", downsamplings),
            data_variance,
            prior_filters,
            prior_blocks,
            num_classes,
            **kwargs,
        )
        self.downsamplings = downsamplings
        self.filters = check_int("filters", filters)
        self.blocks = check_int("blocks", blocks, 0)
        self.quantizer = VectorQuantizer(
            num_codes,
            code_dim,
            commitment_weight,
            ema_decay,
            restart_threshold,
            name="quantizer",
        )
        self.code_dim = self.quantizer.code_dim
        self.commitment_weight = self.quantizer.commitment_weight
        self.ema_decay = ema_decay
        self.restart_threshold = self.quantizer.restart_threshold
        sizes = (filters, filters, blocks, downsamplings, self.dtype_policy)
        self.encoder = residual_encoder(self.image_shape, *sizes, units=code_dim)
        grid = tuple(n // 2**downsamplings for n in self.image_shape[:2])
        channels = self.image_shape[-1]
        self.decoder = residual_decoder((*grid, code_dim), *sizes, units=channels)
        self.add_phase(
            "autoencoder",
            [self.encoder, self.quantizer, self.decoder],
            scalars=("loss", "reconstruction", "quantization", "perplexity"),
        )
        self.add_priors(prior=grid)

    def compute_losses(self, phase, x, labels, training):
        z = self.encoder(x, training=training)
        seed = self.draw_seed(training) if self.restart_threshold else None
        # Adds the weighted commitment to the loss.
        vectors, codes = self.quantizer(z, seed=seed, training=training)
        outputs = self.decoder(vectors, training=training)
        error = self.squared_error(x, outputs)
        return {
            "loss": error,
            "reconstruction": error,
            "quantization": ops.mean(ops.square(z - vectors)),
            "perplexity": perplexity(codes, self.num_codes),
        }

    def infer_codes(self, x):
        return [self.quantizer.nearest(self.encoder(x))]

    def generate(self, codes):
        return self.to_images(self.decoder(self.quantizer.lookup(codes)))

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(2e-4) for phase in self.phases}
