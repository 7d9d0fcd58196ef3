"""The game of a GAN on densities that are known, where theory says how it ends.

Goodfellow et al., 2014, "Generative Adversarial Networks",
https://arxiv.org/abs/1406.2661: proposition 1, by which the best discriminator is
`p / (p + q)` for the density `p` of the data and `q` of the generator; theorem 1, by
which the game's value is `-log 4` at `p = q`, and above it elsewhere; and figure 1,
which shows them.
"""

import dataclasses
import math

import keras
import numpy as np

from kerasgen.arguments import check_int, check_number
from kerasgen.data.dataset import Dataset
from kerasgen.explore.known_game_picture import game_figure
from kerasgen.explore.prior import GaussianMixture
from kerasgen.explore.result import save
from kerasgen.gans.gan import GAN
from kerasgen.images.files import png_bytes, save_animation
from kerasgen.images.picture_files import ANIMATIONS

GRID = 401  # places at which densities are given
CODES = 2000  # by whose images the generator's density is found
ARROWS = 15
LEAST = 1e-300  # probability of which a logarithm is taken
POOL = 200_000  # draws of the data


def optimal_discriminator(p, q):
    """Returns `p / (p + q)`, of proposition 1: 1/2 where both densities are 0.

    Args:
        p: array, the density of the data.
        q: array of the same shape, that of the generator.
    """
    p, q = np.asarray(p, "float64"), np.asarray(q, "float64")
    total = p + q
    return np.divide(p, total, out=np.full_like(total, 0.5), where=total > 0)


def game_value(p, q, discriminator, x):
    """Returns `E_p log D(x) + E_q log(1 - D(x))`, equation 1, in nats.

    Args:
        p, q: arrays `(n,)`, densities at places `x`.
        discriminator: array `(n,)`, probabilities in `[0, 1]`. One of 0, or 1, where
            the other density is less than rounding counts as 1e-300 from it.
        x: array `(n,)`, increasing, over all of both densities.
    """
    d = np.asarray(discriminator, "float64")
    logs = (np.log(np.maximum(said, LEAST)) for said in (d, 1.0 - d))
    return float(np.trapezoid(p * next(logs) + q * next(logs), x))


@dataclasses.dataclass(repr=False)
class KnownGame:
    """What happened in a game, a frame after every few steps; frame 0 is its start.

    Args:
        x: float64 array `(places,)`.
        data: float64 array `(places,)`, the density of the data.
        generator: float64 array `(frames, places)`, that of the generator.
        discriminator: float64 array `(frames, places)`, `D(x)`.
        z: float64 array `(arrows,)`, equally probable codes.
        mapped: float64 array `(frames, arrows)`, `G(z)`.
        steps: int array `(frames,)`, steps that were made.
        values: float64 array `(frames,)`, the value of the game, in nats.
    """

    x: np.ndarray
    data: np.ndarray
    generator: np.ndarray
    discriminator: np.ndarray
    z: np.ndarray
    mapped: np.ndarray
    steps: np.ndarray
    values: np.ndarray

    @property
    def optimum(self):
        """float64 array `(frames, places)`. The best discriminator of each frame."""
        return np.stack([optimal_discriminator(self.data, q) for q in self.generator])

    @property
    def optimal_values(self):
        """float64 array `(frames,)`. The values that the best discriminators have.

        `-log 4` and twice the Jensen-Shannon divergence of the two densities.
        """
        pairs = zip(self.generator, self.optimum, strict=True)
        return np.array([game_value(self.data, q, d, self.x) for q, d in pairs])

    @property
    def errors(self):
        """float64 array `(frames,)`. Mean of `|D - D*|` over data and samples."""
        gaps = np.abs(self.discriminator - self.optimum)
        return np.trapezoid(gaps * (self.data + self.generator) / 2, self.x, axis=1)

    def picture(self, frame=-1):
        """Returns a frame as in figure 1, `uint8` `(480, 640, 3)`."""
        frame = range(len(self.steps))[frame]
        return game_figure(self, frame)

    def _repr_png_(self):
        return png_bytes(self.picture())

    def __repr__(self):
        return (
            f"KnownGame({len(self.steps)} frames, {self.steps[-1]} steps; value "
            f"{self.values[-1]:.4f}, -log 4 = {-math.log(4.0):.4f})"
        )

    def save(self, path, fps=8):
        """Writes all frames to `.gif` or `.apng`, the last to a picture, or arrays.

        Args:
            path: the file's path; its ending says what is written.
            fps: float. Frames a second.
        """
        if str(path).lower().endswith(ANIMATIONS):
            frames = [self.picture(i) for i in range(len(self.steps))]
            save_animation(path, frames + frames[-1:] * int(fps), fps, colors=64)
            return
        fields = [field.name for field in dataclasses.fields(self)]
        save(path, self.picture, {name: getattr(self, name) for name in fields})


def play_known_game(
    data=None,
    start=(-1.5, 0.5),
    train_generator=True,
    frames=40,
    steps=25,
    discriminator_steps=3,
    batch_size=256,
    units=32,
    learning_rate=2e-3,
    seed=0,
    verbose=0,
):
    """Trains a `kerasgen.gans.GAN` on numbers of a known density, and looks on.

    The generator begins as a straight line of normal codes, so that its density is
    known; with `train_generator=False` it stays so, and the discriminator can be held
    against its optimum. Adam, whose rate falls to 0 by half a cosine. The density of a
    generator that was trained is that of 2000 codes, smoothed by Gaussians.

    Args:
        data: density of the data, a `GaussianMixture` of one dimension, or None for the
            normal one of mean 1 and deviation 0.6.
        start: the mean and the deviation of the generator's density at the start.
        train_generator: bool. Defaults to `True`.
        frames: int. Defaults to `40`, and the start.
        steps: int. Between two frames. Defaults to `25`.
        discriminator_steps: int. The discriminator's updates in a step (`k` of
            algorithm 1). Defaults to `3`.
        batch_size: int. Defaults to `256`.
        units: int. Of hidden layers, at least 2.
        learning_rate: float. Of the first step.
        seed: int. Of all draws.
        verbose: 0, 1 or 2, as in `fit`.

    Returns:
        `KnownGame`.
    """
    for name, value in {"frames": frames, "steps": steps}.items():
        check_int(name, value)
    check_int("units", units, 2)
    check_int("seed", seed, 0)
    check_number("learning_rate", learning_rate, 0.0)
    mean, deviation = (float(value) for value in start)
    if data is None:
        data = GaussianMixture(np.ones(1), np.ones((1, 1)), np.full((1, 1, 1), 0.36))
    if data.means.shape[1] != 1:
        raise ValueError(
            "`data` must be a mixture of one dimension. "
            f"Received: means of shape {data.means.shape}"
        )
    model = GAN(
        (1,),
        latent_dim=1,
        generator_units=units,
        discriminator_units=units,
        input_dropout=0.0,
        hidden_dropout=0.0,
        discriminator_steps=discriminator_steps,
        latent_distribution="normal",
        seed=seed,
    )
    _begin(model, mean, deviation, seed)
    model.generator.trainable = train_generator
    updates = frames * steps
    rates = {"discriminator": updates * discriminator_steps, "generator": updates}
    model.compile(
        {
            player: keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(learning_rate, count), beta_1=0.5
            )
            for player, count in rates.items()
        }
    )
    points = data.draw(POOL, seed).astype("float32")
    points = Dataset(points, batch_size=batch_size, seed=seed)
    watch = _Watch(model, data, (mean, deviation), train_generator)
    watch.look(0)
    look = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: watch.look((epoch + 1) * steps)
    )
    model.fit(
        points,
        epochs=frames,
        steps_per_epoch=steps,
        callbacks=[look],
        verbose=verbose,
    )
    return watch.game()


class _Watch:
    """Looks at a game now and then, and makes a `KnownGame` of what it saw."""

    def __init__(self, model, data, start, moves):
        from scipy.special import ndtri

        self.model, self.start, self.moves = model, start, moves
        means, deviations = data.means[:, 0], np.sqrt(data.covariances[:, 0, 0])
        means, deviations = np.append(means, start[0]), np.append(deviations, start[1])
        ends = (means - 5 * deviations).min(), (means + 5 * deviations).max()
        self.x = np.linspace(*ends, GRID)
        self.data = np.exp(data.log_prob(self.x[:, None]))
        self.codes = ndtri((np.arange(CODES) + 0.5) / CODES)
        self.z = ndtri((np.arange(ARROWS) + 0.5) / ARROWS)
        self.seen = []

    def look(self, step):
        codes = np.concatenate([self.codes, self.z])[:, None].astype("float32")
        samples = self.model.sample(len(codes), latents=codes)
        samples = samples[:, 0].astype("float64")
        samples, mapped = samples[:CODES], samples[CODES:]
        places = np.concatenate([self.x, samples])[:, None].astype("float32")
        said = self.model.run_in_batches(
            "game", lambda x: self.model.discriminate(x, None, False), [places], 1024
        )[:, 0].astype("float64")
        said = 1.0 / (1.0 + np.exp(-said))
        d, of_samples = said[:GRID], said[GRID:]
        q = self._density(samples)
        by_data = np.trapezoid(self.data * np.log(np.maximum(d, LEAST)), self.x)
        value = by_data + np.mean(np.log(np.maximum(1.0 - of_samples, LEAST)))
        self.seen.append((q, d, mapped, step, value))

    def _density(self, samples):
        if not self.moves or not self.seen:
            mean, width = self.start
            return _normal((self.x - mean) / width) / width
        width = max(1.06 * samples.std() * CODES**-0.2, 1e-3)
        return _normal((self.x[:, None] - samples) / width).mean(axis=1) / width

    def game(self):
        q, d, mapped, steps, values = map(np.array, zip(*self.seen, strict=True))
        return KnownGame(self.x, self.data, q, d, self.z, mapped, steps, values)


def _normal(u):
    return np.exp(-0.5 * u**2) / math.sqrt(2 * math.pi)


def _begin(model, mean, deviation, seed):
    """Makes the generator a straight line, and draws the discriminator's weights."""
    generator = np.random.default_rng([seed, 3])
    first, _, second, _, last, _ = (np.zeros_like(w) for w in model.generator.weights)
    units = first.shape[1]
    # Rectified z and -z go through two units; the others begin without a say.
    first[0] = generator.normal(0, 1, units)
    first[0, :2] = 1.0, -1.0
    second[:, 2:] = generator.normal(0, math.sqrt(2 / units), (units, units - 2))
    second[0, 0] = second[1, 1] = 1.0
    last[:2, 0] = deviation, -deviation
    bias = generator.normal(0, 1, units) * (np.arange(units) > 1)
    weights = [first, bias, second, np.zeros(units), last, np.array([mean])]
    model.generator.set_weights(weights)
    model.discriminator.set_weights(
        [
            generator.normal(0, math.sqrt(1 / w.shape[0]), w.shape)
            if w.ndim > 1
            else generator.normal(0, 0.5, w.shape)
            for w in model.discriminator.get_weights()
        ]
    )
