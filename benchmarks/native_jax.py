"""Hand-written JAX training: one pure jitted step, Adam by hand, donated state.

Networks are functions of a dict of arrays over `jnp` and `lax`, channels last; batches
are rows of a NumPy array. Under `mixed_bfloat16` weights and activations are cast.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

DIMENSIONS = ("NHWC", "HWIO", "NHWC")


def synchronize():
    """Waits for the device."""
    jax.block_until_ready(jnp.zeros(()) + 0)


def adam(params, grads, moments, step, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Returns `(params, moments)` after step `step`, counted from 1."""
    first = jax.tree.map(lambda m, g: beta_1 * m + (1 - beta_1) * g, moments[0], grads)
    second = jax.tree.map(
        lambda v, g: beta_2 * v + (1 - beta_2) * g * g, moments[1], grads
    )
    rate = rate * jnp.sqrt(1 - beta_2**step) / (1 - beta_1**step)
    params = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) + epsilon), params, first, second
    )
    return params, (first, second)


def zero_moments(params):
    return tuple(jax.tree.map(jnp.zeros_like, params) for _ in range(2))


def dense(x, layer):
    y = x @ layer["w"].astype(x.dtype)
    return y + layer["b"].astype(x.dtype) if "b" in layer else y


def conv(x, layer, stride=1, padding="SAME", mask=None):
    kernel = layer["w"].astype(x.dtype)
    kernel = kernel if mask is None else kernel * jnp.asarray(mask, x.dtype)
    y = lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=DIMENSIONS
    )
    return y + layer["b"].astype(x.dtype) if "b" in layer else y


def _conv_transpose(x, layer):
    y = lax.conv_transpose(x, layer["w"].astype(x.dtype), (2, 2), "SAME")
    return y + layer["b"].astype(x.dtype) if "b" in layer else y


def batch_norm(x, layer, running, epsilon=1e-5):
    """Returns the output and the new running statistics."""
    wide = x.astype("float32")
    mean, variance = wide.mean((0, 1, 2)), wide.var((0, 1, 2))
    scale = layer["gamma"] * lax.rsqrt(variance + epsilon)
    y = wide * scale + (layer["beta"] - mean * scale)
    new = {"mean": mean, "variance": variance}
    running = jax.tree.map(lambda old, new: 0.9 * old + 0.1 * new, running, new)
    return y.astype(x.dtype), running


class Trainer:
    """A loop over shuffled batches; a model gives `_init(rng)` and `_step`."""

    def __init__(self, images, batch_size, precision, **sizes):
        self.images, self.batch_size, self.sizes = images, batch_size, sizes
        self.dtype = jnp.float32 if precision == "float32" else jnp.bfloat16
        self.rng = np.random.default_rng(0)
        params, moments, rest = self._init()
        key, step_count = jax.random.key(0), jnp.zeros((), "int32")
        self.state = (params, moments, rest, key, step_count)
        self.compiled = self._compile()

    def _compile(self):
        """Returns a function of the state and images to the new state and scalars."""
        step = functools.partial(self._step, self.dtype)
        return jax.jit(step, donate_argnums=0)

    @property
    def num_parameters(self):
        return sum(x.size for x in jax.tree.leaves(self.state[0]))

    def train_epoch(self):
        """Trains for one pass and returns the mean of each scalar."""
        order, logs = self.rng.permutation(len(self.images)), []
        count = self.batch_size * self.sizes.get("discriminator_steps", 1)
        for i in range(len(order) // count):
            rows = order[i * count : (i + 1) * count]
            self.state, log = self.compiled(self.state, self.images[rows])
            logs.append(log)
        logs = jax.device_get(logs)
        return {key: float(np.mean([log[key] for log in logs])) for key in logs[0]}

    def _normal(self, *shape, bias=None):
        layer = {"w": jnp.asarray(self.rng.normal(0.0, 0.02, shape), "float32")}
        return layer if bias is None else {**layer, "b": jnp.zeros(bias)}

    def _glorot(self, *shape):
        area = math.prod(shape[:-2])
        bound = math.sqrt(6.0 / (area * (shape[-2] + shape[-1])))
        kernel = self.rng.uniform(-bound, bound, shape)
        return {"w": jnp.asarray(kernel, "float32"), "b": jnp.zeros(shape[-1])}

    def _norm(self, maps):
        gamma = jnp.asarray(self.rng.normal(1.0, 0.02, maps), "float32")
        return {"gamma": gamma, "beta": jnp.zeros(maps)}


# === DCGAN ===


class _Gan(Trainer):
    def _init(self):
        _, side, _, channels = self.images.shape
        filters, base = self.sizes["filters"], side // 4
        generator = {
            "dense": self._normal(self.sizes["latent_dim"], base * base * 2 * filters),
            "norm1": self._norm(2 * filters),
            "up1": self._normal(5, 5, 2 * filters, filters),
            "norm2": self._norm(filters),
            "up2": self._normal(5, 5, filters, channels, bias=channels),
        }
        discriminator = {
            "down1": self._normal(5, 5, channels, filters, bias=filters),
            "down2": self._normal(5, 5, filters, 2 * filters),
            "norm": self._norm(2 * filters),
            "dense": self._normal(base * base * 2 * filters, 1, bias=1),
        }

        def running(maps):
            return {"mean": jnp.zeros(maps), "variance": jnp.ones(maps)}

        statistics = {
            "generator": {"norm1": running(2 * filters), "norm2": running(filters)},
            "discriminator": running(2 * filters),
        }
        params = {"generator": generator, "discriminator": discriminator}
        moments = {name: zero_moments(player) for name, player in params.items()}
        return params, moments, statistics

    def _generate(self, params, running, z):
        filters, base = self.sizes["filters"], self.images.shape[1] // 4
        x = dense(z, params["dense"]).reshape(-1, base, base, 2 * filters)
        x, norm1 = batch_norm(x, params["norm1"], running["norm1"])
        x = _conv_transpose(jax.nn.relu(x), params["up1"])
        x, norm2 = batch_norm(x, params["norm2"], running["norm2"])
        x = _conv_transpose(jax.nn.relu(x), params["up2"])
        return jnp.tanh(x.astype("float32")), {"norm1": norm1, "norm2": norm2}

    def _discriminate(self, params, running, x):
        x = jax.nn.leaky_relu(conv(x, params["down1"], 2), 0.2)
        x = conv(x, params["down2"], 2)
        x, running = batch_norm(x, params["norm"], running)
        x = jax.nn.leaky_relu(x, 0.2).reshape(len(x), -1)
        return dense(x.astype("float32"), params["dense"]), running

    def _step(self, dtype, state, images):
        params, moments, running, key, step = state
        key, key1, key2 = jax.random.split(key, 3)
        step, shape = step + 1, (self.batch_size, self.sizes["latent_dim"])
        generator, discriminator = params["generator"], params["discriminator"]
        of_generator, of_discriminator = running["generator"], running["discriminator"]
        x = (images.astype("float32") / 127.5 - 1.0).astype(dtype)

        def latents(key):
            return jax.random.uniform(key, shape, minval=-1.0).astype(dtype)

        fake, of_generator = self._generate(generator, of_generator, latents(key1))

        def discriminator_loss(params):
            real_logits, new = self._discriminate(params, of_discriminator, x)
            fake_logits, new = self._discriminate(params, new, fake.astype(dtype))
            loss = jax.nn.softplus(-real_logits).mean()
            loss += jax.nn.softplus(fake_logits).mean()
            real = jax.nn.sigmoid(real_logits).mean()
            return loss, (new, real, jax.nn.sigmoid(fake_logits).mean())

        (loss, (of_discriminator, real, fake_mean)), gradients = jax.value_and_grad(
            discriminator_loss, has_aux=True
        )(discriminator)
        discriminator, discriminator_moments = adam(
            discriminator, gradients, moments["discriminator"], step, 2e-4, 0.5
        )

        def generator_loss(params):
            fake, new = self._generate(params, of_generator, latents(key2))
            logits, other = self._discriminate(
                discriminator, of_discriminator, fake.astype(dtype)
            )
            return jax.nn.softplus(-logits).mean(), (new, other)

        (g_loss, (of_generator, of_discriminator)), gradients = jax.value_and_grad(
            generator_loss, has_aux=True
        )(generator)
        generator, generator_moments = adam(
            generator, gradients, moments["generator"], step, 2e-4, 0.5
        )
        state = (
            {"generator": generator, "discriminator": discriminator},
            {"generator": generator_moments, "discriminator": discriminator_moments},
            {"generator": of_generator, "discriminator": of_discriminator},
            key,
            step,
        )
        return state, {
            "discriminator_loss": loss,
            "discriminator_real": real,
            "discriminator_fake": fake_mean,
            "generator_loss": g_loss,
        }


# === VAE ===


class _Vae(Trainer):
    def _init(self):
        size, hidden = math.prod(self.images.shape[1:]), self.sizes["hidden"]
        latent_dim = self.sizes["latent_dim"]
        params = {
            "encoder1": self._glorot(size, hidden),
            "encoder2": self._glorot(hidden, 2 * latent_dim),
            "decoder1": self._glorot(latent_dim, hidden),
            "decoder2": self._glorot(hidden, size),
        }
        return params, zero_moments(params), None

    def _step(self, dtype, state, images):
        params, moments, rest, key, step = state
        key, key1, key2 = jax.random.split(key, 3)
        step = step + 1
        x = (images.astype("float32") / 255.0).reshape(self.batch_size, -1)
        x = jax.random.bernoulli(key1, x).astype("float32")

        def loss_fn(params):
            h = jnp.tanh(dense(x.astype(dtype), params["encoder1"]))
            h = dense(h.astype("float32"), params["encoder2"])
            mean, log_variance = jnp.split(h, 2, axis=-1)
            z = mean + jnp.exp(0.5 * log_variance) * jax.random.normal(key2, mean.shape)
            h = jnp.tanh(dense(z.astype(dtype), params["decoder1"]))
            logits = dense(h.astype("float32"), params["decoder2"])
            reconstruction = jnp.sum(jax.nn.softplus(logits) - x * logits, -1).mean()
            kl = 0.5 * (mean**2 + jnp.exp(log_variance) - 1.0 - log_variance)
            kl = kl.sum(-1).mean()
            return reconstruction + kl, (reconstruction, kl)

        (loss, (reconstruction, kl)), gradients = jax.value_and_grad(
            loss_fn, has_aux=True
        )(params)
        params, moments = adam(params, gradients, moments, step, 1e-3)
        logs = {"loss": loss, "reconstruction": reconstruction, "kl": kl}
        return (params, moments, rest, key, step), logs


# === PixelCNN ===


def _masked(x, layer, size, kind):
    """A convolution over the rows above and, to the left, this row."""
    side = size // 2
    mask = np.ones((side + 1, size, 1, 1), "float32")
    mask[-1, side + (kind == "B") :] = 0.0
    return conv(x, layer, 1, ((side, 0), (side, side)), mask)


class _PixelCnn(Trainer):
    def _init(self):
        filters, head = self.sizes["filters"], self.sizes["head_filters"]
        sizes = [(2 * filters, head), (head, head), (head, 2)]
        blocks = [
            (
                self._glorot(2 * filters, filters),
                self._glorot(2, 3, filters, filters),
                self._glorot(filters, 2 * filters),
            )
            for _ in range(self.sizes["blocks"])
        ]
        params = {
            "input": self._glorot(4, 7, self.images.shape[3], 2 * filters),
            "blocks": blocks,
            "head": [self._glorot(*pair) for pair in sizes],
        }
        return params, zero_moments(params), None

    def _logits(self, params, x):
        x = _masked(x, params["input"], 7, "A")
        for first, second, third in params["blocks"]:
            y = dense(jax.nn.relu(x), first)
            y = _masked(jax.nn.relu(y), second, 3, "B")
            x = x + dense(jax.nn.relu(y), third)
        for layer in params["head"]:
            x = dense(jax.nn.relu(x), layer)
        return x.astype("float32")

    def _step(self, dtype, state, images):
        params, moments, rest, key, step = state
        key, key1 = jax.random.split(key)
        step = step + 1
        x = jax.random.bernoulli(key1, images.astype("float32") / 255.0)

        def loss_fn(params):
            logits = self._logits(params, x.astype(dtype) * 2.0 - 1.0)
            log_probs = jax.nn.log_softmax(logits)
            picked = jnp.take_along_axis(log_probs, x.astype("int32"), axis=-1)
            return -picked.sum((1, 2, 3)).mean()

        loss, gradients = jax.value_and_grad(loss_fn)(params)
        params, moments = adam(params, gradients, moments, step, 1e-3)
        bits = loss / (math.prod(images.shape[1:]) * math.log(2.0))
        return (params, moments, rest, key, step), {"loss": loss, "bits_per_dim": bits}


TRAINERS = {"gan": _Gan, "vae": _Vae, "pixelcnn": _PixelCnn}
