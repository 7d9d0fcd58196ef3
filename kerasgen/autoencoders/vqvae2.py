"""VQ-VAE-2: two grids of discrete codes, the fine one given the coarse one.

Razavi, van den Oord and Vinyals, 2019, "Generating Diverse High-Fidelity Images with
VQ-VAE-2", https://arxiv.org/abs/1906.00446, sections 3 and A. Official code: none read.

Differs from the paper:
1. Both priors are small Gated PixelCNNs without attention; that of the fine grid is
   given the coarse one through three convolutions, not 20 residual blocks.
2. Two grids, for images of any size; the paper has three for 1024x1024.
3. All losses are means: over sub-pixels, and over the values of a grid's latents.
4. Codes that are hardly used are restarted, in the first step nearly all of them, from
   vectors of its batch.
"""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.autoregressive.gated_pixelcnn import GatedPixelCNN
from kerasgen.families.quantized_model import QuantizedModel
from kerasgen.layers import channels_last
from kerasgen.layers.vector_quantizer import VectorQuantizer, perplexity
from kerasgen.networks.residual_networks import residual_decoder, residual_encoder
from kerasgen.registry import register


@register
class VQVAE2(QuantizedModel):
    """Hierarchical vector-quantised autoencoder, with a prior for each grid of codes.

    The top grid has half the height and width of the bottom grid. It is quantised
    first; its codes, decoded to the bottom grid's size, join the bottom encoder's maps
    before those are quantised. The decoder sees both. `fit` trains the autoencoder,
    then `fit_prior` trains `priors`, of the top grid and of the bottom grid given the
    top one; `sample` draws top, bottom, and decodes once.

    Args:
        image_shape: tuple `(height, width, channels)`, height and width divisible by
            `2^(downsamplings + 1)`.
        num_codes: int. Vectors of each codebook. Defaults to `512`.
        code_dim: int. Their size. Defaults to `64`.
        downsamplings: int. Convolutions of stride 2 before the bottom grid; one more
            before the top grid. Defaults to `2`.
        filters: int. Maps of all layers. Defaults to `128`.
        residual_filters: int. Maps within the residual blocks. Defaults to `64`.
        blocks: int. Residual blocks of each network. Defaults to `2`.
        commitment_weight: float. Weight of what holds the encoders to their codes.
            Defaults to `0.25`.
        ema_decay: float in `[0, 1)` or None. Of the codebooks' moving averages, None
            for codebooks that are trained.
        restart_threshold: float. Codes used less than this share of equal use are
            replaced, see `kerasgen.layers.vector_quantizer`. 0 for never. Defaults to
            `0.1`.
        data_variance: float. Variance of the data's sub-pixels, by which the squared
            error is divided. Defaults to `1.0`.
        prior_filters: int. Maps of the priors. Defaults to `64`.
        prior_blocks: int. Their gated layers after the first. Defaults to `10`.
        num_classes: int or None. Makes both priors conditional on labels, as in the
            paper; encoder and decoder do not take them.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape: decoded codes of the priors.
    Scalars: `loss`; `reconstruction`, the squared error of a sub-pixel of `[0, 1]`
        images over `data_variance`; `quantization`, that of a latent's value against
        its code, summed over the two grids; `top_perplexity` and `bottom_perplexity` of
        a batch's codes. `loss = reconstruction + commitment_weight * quantization`, and
        without `ema_decay` once more `quantization`.
    Raises:  ValueError: if `restart_threshold` is not 0 with `ema_decay=None`.

    Example:
    >>> model = kerasgen.autoencoders.VQVAE2((32, 32, 1))
    >>> images = kerasgen.data.load("digits", image_size=32).arrays()[0]
    >>> top, bottom = model.encode(images[:100])
    >>> top.shape, bottom.shape
    ((100, 4, 4), (100, 8, 8))

    Reference: [Razavi et al., 2019](https://arxiv.org/abs/1906.00446)
    """

    prior_class = GatedPixelCNN

    def __init__(
        self,
        image_shape,
        num_codes=512,
        code_dim=64,
        downsamplings=2,
        filters=128,
        residual_filters=64,
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
            2 ** (check_int("downsamplings", downsamplings) + 1),
            data_variance,
            prior_filters,
            prior_blocks,
            num_classes,
            **kwargs,
        )
        self.downsamplings = downsamplings
        self.filters = check_int("filters", filters)
        self.residual_filters = check_int("residual_filters", residual_filters)
        self.blocks = check_int("blocks", blocks, 0)
        settings = (commitment_weight, ema_decay, restart_threshold)
        self.quantizers = [
            VectorQuantizer(num_codes, code_dim, *settings, name=name)
            for name in ("top_quantizer", "bottom_quantizer")
        ]
        self.code_dim = self.quantizers[0].code_dim
        self.commitment_weight = self.quantizers[0].commitment_weight
        self.ema_decay = ema_decay
        self.restart_threshold = self.quantizers[0].restart_threshold
        bottom = tuple(n // 2**downsamplings for n in self.image_shape[:2])
        top = tuple(n // 2 for n in bottom)
        self._build_networks(top, bottom)
        self.add_phase(
            "autoencoder",
            [*self._networks, *self.quantizers],
            scalars=("loss", "reconstruction", "quantization")
            + ("top_perplexity", "bottom_perplexity"),
        )
        self.add_priors(top_prior=top, bottom_prior=bottom)

    def _build_networks(self, top, bottom):
        size, policy = self.code_dim, self.dtype_policy
        widths = (self.filters, self.residual_filters, self.blocks)
        sizes = (*widths, self.downsamplings, policy)
        self.bottom_encoder = residual_encoder(self.image_shape, *sizes)
        shape = (*bottom, self.filters)
        self.top_encoder = residual_encoder(shape, *widths, 1, policy, units=size)
        self.top_decoder = residual_decoder((*top, size), *widths, 1, policy, size)
        self.joint = channels_last.Conv2D(size, 1, dtype="float32", name="joint")
        self.joint.build((None, *bottom, self.filters + size))
        self.upsampling = channels_last.Conv2DTranspose(
            size, 4, 2, padding="same", dtype=policy, name="upsampling"
        )
        self.upsampling.build((None, *top, size))
        channels = self.image_shape[-1]
        self.decoder = residual_decoder((*bottom, 2 * size), *sizes, units=channels)
        self._networks = [self.bottom_encoder, self.top_encoder, self.top_decoder]
        self._networks += [self.joint, self.upsampling, self.decoder]

    def _bottom(self, maps, top):
        """Returns what is quantised to the bottom grid, given the top vectors."""
        maps = ops.cast(maps, "float32")
        return self.joint(ops.concatenate([self.top_decoder(top), maps], axis=-1))

    def _decode(self, top, bottom):
        above = ops.cast(self.upsampling(top), "float32")
        return self.decoder(ops.concatenate([above, bottom], axis=-1))

    def compute_losses(self, phase, x, labels, training):
        def quantize(quantizer, z):
            # Adds the weighted commitment to the loss.
            seed = self.draw_seed(training) if self.restart_threshold else None
            vectors, codes = quantizer(z, seed=seed, training=training)
            distance = ops.mean(ops.square(z - vectors))
            return vectors, distance, perplexity(codes, self.num_codes)

        maps = self.bottom_encoder(x, training=training)
        top, first, top_use = quantize(self.quantizers[0], self.top_encoder(maps))
        bottom, second, bottom_use = quantize(
            self.quantizers[1], self._bottom(maps, top)
        )
        error = self.squared_error(x, self._decode(top, bottom))
        return {
            "loss": error,
            "reconstruction": error,
            "quantization": first + second,
            "top_perplexity": top_use,
            "bottom_perplexity": bottom_use,
        }

    def infer_codes(self, x):
        maps = self.bottom_encoder(x)
        top = self.quantizers[0].nearest(self.top_encoder(maps))
        vectors = self.quantizers[0].lookup(top)
        return [top, self.quantizers[1].nearest(self._bottom(maps, vectors))]

    def generate(self, top, bottom):
        pairs = zip(self.quantizers, (top, bottom), strict=True)
        return self.to_images(self._decode(*(q.lookup(codes) for q, codes in pairs)))

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(3e-4) for phase in self.phases}
