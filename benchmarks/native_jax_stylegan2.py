"""Hand-written JAX training of StyleGAN2, see `native_jax.py`.

From the paper, configuration F. An update of each player is a compiled function of its
own, with and without its lazy penalty. Styles scale what goes into a convolution and
out of it. The blur is a sum of shifted images, which XLA fuses: on a CPU a depthwise
convolution takes it ten times as long.
"""

import functools
import math

import jax
import jax.numpy as jnp
from jax import lax
from native_jax import DIMENSIONS, Trainer, adam, zero_moments

TAPS = (0.125, 0.375, 0.375, 0.125)


def _blur(x, before, after, stride=1):
    for axis in (1, 2):
        sides = [(0, 0)] * 4
        sides[axis] = (before, after)
        x = jnp.pad(x, sides)
        count = x.shape[axis] - 3
        x = sum(
            tap * lax.slice_in_dim(x, i, i + count, stride, axis)
            for i, tap in enumerate(TAPS)
        )
    return x


def _double(x):
    batch, height, width, maps = x.shape
    wide = jnp.zeros((batch, 2 * height, 2 * width, maps), x.dtype)
    return 4.0 * _blur(wide.at[:, ::2, ::2].set(x), 2, 1)


def _resampled(x, kernel, resample=None):
    kernel, side, stride, padding = kernel.astype(x.dtype), len(kernel), 1, "SAME"
    if resample == "up":
        x = lax.conv_transpose(x, kernel, (2, 2), "VALID", dimension_numbers=DIMENSIONS)
        return 4.0 * _blur(x, 1, 1)
    if resample == "down" and side == 1:
        x = _blur(x, 1, 1, 2)
    elif resample == "down":
        x, stride, padding = _blur(x, 2, 2), 2, "VALID"
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=DIMENSIONS
    )


def _scaled(layer, rate=1.0):
    return layer["w"] * (rate / math.sqrt(math.prod(layer["w"].shape[:-1])))


def _linear(x, layer, rate=1.0):
    return x @ _scaled(layer, rate).astype(x.dtype) + rate * layer["b"].astype(x.dtype)


def _conv(x, layer, resample=None):
    x = _resampled(x, _scaled(layer), resample)
    return x + layer["b"].astype(x.dtype) if "b" in layer else x


def _lrelu(x):
    return jax.nn.leaky_relu(x, 0.2) * math.sqrt(2.0)


def _styled(x, w, layer, key=None, resample=None):
    """A modulated convolution, with noise and a unit, or, without a key, to colours."""
    style, kernel = _linear(w, layer["style"]), _scaled(layer)
    y = _resampled(x * style[:, None, None].astype(x.dtype), kernel, resample)
    if key is None:
        return y + layer["b"].astype(x.dtype)
    norm = jnp.square(style) @ jnp.square(kernel).sum((0, 1))
    y = y * lax.rsqrt(norm + 1e-8)[:, None, None].astype(x.dtype)
    noise = layer["noise"] * jax.random.normal(key, (*y.shape[:3], 1))
    return _lrelu(y + noise.astype(x.dtype) + layer["b"].astype(x.dtype))


class StyleGan2(Trainer):
    def _init(self):
        _, side, _, channels = self.images.shape
        latent_dim, maps = self.sizes["latent_dim"], self.sizes["max_filters"]
        self.levels = int(math.log2(side // 4)) + 1
        base, depth = side >> (self.levels - 1), self.sizes["mapping_depth"]
        self.steps, self.num_styles = 0, 2 * self.levels

        def styled(size, maps_out):
            layer = self._unit(size, size, maps, maps_out)
            return {**layer, "style": self._unit(latent_dim, maps, bias=1.0)}

        def block():
            short = {"w": self._unit(1, 1, maps, maps)["w"]}
            convs = [self._unit(3, 3, maps, maps) for _ in range(2)]
            return {"first": convs[0], "second": convs[1], "short": short}

        mapping = [self._unit(latent_dim, latent_dim, rate=0.01) for _ in range(depth)]
        convs = [styled(3, maps) for _ in range(2 * self.levels - 1)]
        generator = {
            "mapping": mapping,
            "constant": self._unit(base, base, maps)["w"],
            "convs": [{**conv, "noise": jnp.zeros(())} for conv in convs],
            "colours": [styled(1, channels) for _ in range(self.levels)],
        }
        discriminator = {
            "colours": self._unit(1, 1, channels, maps),
            "blocks": [block() for _ in range(self.levels - 1)],
            "last": self._unit(3, 3, maps + 1, maps),
            "dense": self._unit(base * base * maps, maps),
            "score": self._unit(maps, 1),
        }
        params = {"generator": generator, "discriminator": discriminator}
        moments = {name: zero_moments(player) for name, player in params.items()}
        rest = {"mean_style": jnp.zeros(latent_dim), "mean_length": jnp.zeros(())}
        return params, moments, rest

    def _unit(self, *shape, bias=0.0, rate=1.0):
        kernel = jnp.asarray(self.rng.normal(size=shape) / rate, "float32")
        return {"w": kernel, "b": jnp.full(shape[-1], bias / rate)}

    def _compile(self):
        moves = [
            jax.jit(
                functools.partial(move, self.dtype), static_argnums=0, donate_argnums=1
            )
            for move in (self._move_discriminator, self._move_generator)
        ]

        def step(state, images):
            state, logs = moves[0](self.steps % 16 == 0, state, images)
            state, others = moves[1](self.steps % 4 == 0, state)
            self.steps += 1
            return state, {**logs, **others}

        return step

    def _styles(self, params, key, count):
        z = jax.random.normal(key, (count, self.sizes["latent_dim"]))
        z = z * lax.rsqrt(jnp.square(z).mean(1, keepdims=True) + 1e-8)
        for layer in params["mapping"]:
            z = _lrelu(_linear(z, layer, 0.01))
        return jnp.repeat(z[:, None], self.num_styles, 1)

    def _synthesize(self, dtype, params, w, key):
        x, image = params["constant"].astype(dtype), 0.0
        x = jnp.broadcast_to(x, (len(w), *x.shape))
        keys = jax.random.split(key, len(params["convs"]))
        for i, layer in enumerate(params["convs"]):
            x = _styled(x, w[:, i], layer, keys[i], "up" if i % 2 else None)
            if i % 2 == 0:
                colours = _styled(x, w[:, i + 1], params["colours"][i // 2])
                image = (image if i == 0 else _double(image)) + colours.astype(
                    "float32"
                )
        return image

    def _generate(self, dtype, params, key):
        keys = jax.random.split(key, 5)
        w = self._styles(params, keys[0], self.batch_size)
        other = self._styles(params, keys[1], self.batch_size)
        first = jax.random.randint(keys[2], (), 1, self.num_styles)
        first = jnp.where(jax.random.uniform(keys[3]) < 0.9, first, self.num_styles)
        later = jnp.arange(self.num_styles)[:, None] >= first
        images = self._synthesize(dtype, params, jnp.where(later, other, w), keys[4])
        return images, lax.stop_gradient(w[:, 0].mean(0))

    def _judge(self, dtype, params, x):
        x = _lrelu(_conv(x.astype(dtype), params["colours"]))
        for layers in params["blocks"]:
            y = _lrelu(_conv(x, layers["first"]))
            y = _lrelu(_conv(y, layers["second"], "down"))
            x = (y + _conv(x, layers["short"], "down")) / math.sqrt(2.0)
        groups = x.reshape(4, -1, *x.shape[1:]).astype("float32")
        deviation = jnp.sqrt(groups.var(0) + 1e-8).mean((1, 2, 3))
        deviation = jnp.tile(deviation, 4)[:, None, None, None].astype(dtype)
        deviation = jnp.broadcast_to(deviation, (*x.shape[:3], 1))
        x = _lrelu(_conv(jnp.concatenate([x, deviation], -1), params["last"]))
        x = _lrelu(_linear(x.reshape(len(x), -1), params["dense"]))
        return _linear(x.astype("float32"), params["score"])

    def _moved(self, name, state, gradients, step, key, **rest):
        params, moments = dict(state[0]), dict(state[1])
        params[name], moments[name] = adam(
            *(params[name], gradients, moments[name], step, 2e-3, 0.0, 0.99, 1e-8)
        )
        return params, moments, {**state[2], **rest}, key, step

    def _move_discriminator(self, dtype, lazy, state, images):
        params, _, rest, key, step = state
        key, draws = jax.random.split(key)
        x = images.astype("float32") / 127.5 - 1.0
        fake, w = self._generate(dtype, params["generator"], draws)

        def loss_fn(params):
            real_said = self._judge(dtype, params, x)
            fake_said = self._judge(dtype, params, fake)
            loss = (
                jax.nn.softplus(-real_said).mean() + jax.nn.softplus(fake_said).mean()
            )
            penalty = jnp.zeros(())
            if lazy:
                slope = jax.grad(lambda x: self._judge(dtype, params, x).sum())(x)
                penalty = 16 * 10.0 / 2 * jnp.square(slope).sum((1, 2, 3)).mean()
            means = [jax.nn.sigmoid(said).mean() for said in (real_said, fake_said)]
            return loss + penalty, (*means, penalty)

        (loss, (real, fake_mean, penalty)), gradients = jax.value_and_grad(
            loss_fn, has_aux=True
        )(params["discriminator"])
        style = 0.995 * rest["mean_style"] + 0.005 * w
        state = self._moved(
            "discriminator", state, gradients, step + 1, key, mean_style=style
        )
        return state, {
            "discriminator_loss": loss,
            "discriminator_real": real,
            "discriminator_fake": fake_mean,
            "discriminator_penalty": penalty,
        }

    def _path_lengths(self, dtype, params, key):
        keys, count = jax.random.split(key, 3), (self.batch_size + 1) // 2
        w = self._styles(params, keys[0], count)
        shape = (count, *self.images.shape[1:])
        noise = jax.random.normal(keys[1], shape) / math.sqrt(shape[1] * shape[2])
        slopes = jax.grad(
            lambda w: (self._synthesize(dtype, params, w, keys[2]) * noise).sum()
        )(w)
        return jnp.sqrt(jnp.square(slopes).sum(2).mean(1))

    def _move_generator(self, dtype, lazy, state):
        params, _, rest, key, step = state
        key, *keys = jax.random.split(key, 3)

        def loss_fn(player):
            fake, w = self._generate(dtype, player, keys[0])
            said = self._judge(dtype, params["discriminator"], fake)
            loss, mean = jax.nn.softplus(-said).mean(), rest["mean_length"]
            if lazy:
                lengths = self._path_lengths(dtype, player, keys[1])
                mean = mean + 0.01 * (lengths.mean() - mean)
                loss += 4 * 2.0 * jnp.square(lengths - mean).mean()
            return loss, (mean, w)

        (loss, (mean, w)), gradients = jax.value_and_grad(loss_fn, has_aux=True)(
            params["generator"]
        )
        changed = {"mean_style": 0.995 * rest["mean_style"] + 0.005 * w}
        changed["mean_length"] = mean
        state = self._moved("generator", state, gradients, step, key, **changed)
        return state, {"generator_loss": loss, "generator_path_length": mean}


TRAINERS = {"stylegan2": StyleGan2}
