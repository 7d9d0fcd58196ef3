"""Hand-written JAX training of SNGAN, see `native_jax.py`.

The residual networks of the paper's table 4, one power iteration by hand; updates of
the discriminator in a step are unrolled.
"""

import math

import jax
import jax.numpy as jnp
from jax import lax
from native_jax import Trainer, adam, batch_norm, conv, dense, zero_moments


def _double(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


def _pool(x):
    batch, height, width, maps = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, maps).mean((2, 4))


def _normalized(layer, u):
    """Returns a layer with its weights over their largest stretch, and the next `u`."""
    matrix = layer["w"].reshape(-1, layer["w"].shape[-1])
    fixed = lax.stop_gradient(matrix)
    v = fixed @ u
    v /= jnp.linalg.norm(v) + 1e-12
    u = v @ fixed
    u /= jnp.linalg.norm(u) + 1e-12
    return {**layer, "w": layer["w"] / (v @ matrix @ u)}, u


class Sngan(Trainer):
    def _init(self):
        _, side, _, channels = self.images.shape
        filters, latent_dim = self.sizes["filters"], self.sizes["latent_dim"]
        self.count, maps = int(math.log2(side // 4)), 2 * filters
        base = side >> self.count

        def norm():
            return {"gamma": jnp.ones(maps), "beta": jnp.zeros(maps)}

        def up_block():
            return {
                "norm1": norm(), "conv1": self._wide(maps, maps),
                "norm2": norm(), "conv2": self._wide(maps, maps),
                "short": self._glorot(1, 1, maps, maps),
            }  # fmt: skip

        def block(maps_in, resample):
            layers = {"conv1": self._wide(maps_in, filters)}
            layers["conv2"] = self._wide(filters, filters)
            if resample:
                layers["short"] = self._glorot(1, 1, maps_in, filters)
            return layers

        generator = {
            "dense": self._glorot(latent_dim, base * base * maps),
            "blocks": [up_block() for _ in range(self.count)],
            "norm": norm(),
            "image": self._glorot(3, 3, maps, channels),
        }
        blocks = [block(channels, True), block(filters, True)]
        blocks += [block(filters, False), block(filters, False)]
        score = {"w": self._glorot(filters, 1)["w"]}
        discriminator = {"blocks": blocks, "score": score}

        def direction(layer):
            return jnp.asarray(self.rng.normal(size=layer["w"].shape[-1]), "float32")

        def running():
            return {"mean": jnp.zeros(maps), "variance": jnp.ones(maps)}

        norms = [{"norm1": running(), "norm2": running()} for _ in range(self.count)]
        rest = {
            "generator": {"blocks": norms, "norm": running()},
            "discriminator": jax.tree.map(
                direction, discriminator, is_leaf=lambda x: "w" in x
            ),
        }
        params = {"generator": generator, "discriminator": discriminator}
        return params, {k: zero_moments(player) for k, player in params.items()}, rest

    def _wide(self, maps_in, maps):
        layer = self._glorot(3, 3, maps_in, maps)
        return {**layer, "w": layer["w"] * math.sqrt(2.0)}

    def _generate(self, params, running, z):
        base, new = self.images.shape[1] >> self.count, []
        x = dense(z, params["dense"])
        x = x.reshape(len(z), base, base, 2 * self.sizes["filters"])
        for layers, old in zip(params["blocks"], running["blocks"], strict=True):
            y, norm1 = batch_norm(x, layers["norm1"], old["norm1"], 2e-5)
            y = conv(_double(jax.nn.relu(y)), layers["conv1"])
            y, norm2 = batch_norm(y, layers["norm2"], old["norm2"], 2e-5)
            x = _double(conv(x, layers["short"])) + conv(
                jax.nn.relu(y), layers["conv2"]
            )
            new.append({"norm1": norm1, "norm2": norm2})
        x, norm = batch_norm(x, params["norm"], running["norm"], 2e-5)
        x = conv(jax.nn.relu(x), params["image"])
        return jnp.tanh(x.astype("float32")), {"blocks": new, "norm": norm}

    def _judge(self, params, directions, x):
        blocks, new = zip(params["blocks"], directions["blocks"], strict=True), []
        for i, (layers, us) in enumerate(blocks):
            pairs = {k: _normalized(layer, us[k]) for k, layer in layers.items()}
            layers = {name: layer for name, (layer, _) in pairs.items()}
            new.append({name: u for name, (_, u) in pairs.items()})
            y = conv(x if i == 0 else jax.nn.relu(x), layers["conv1"])
            y = conv(jax.nn.relu(y), layers["conv2"])
            if "short" in layers:
                x, y = conv(_pool(x), layers["short"]), _pool(y)
            x = x + y
        score, u = _normalized(params["score"], directions["score"])
        features = jax.nn.relu(x).astype("float32").sum((1, 2))
        return dense(features, score), {"blocks": new, "score": u}

    def _step(self, dtype, state, images):
        params, moments, rest, key, step = state
        key, *keys = jax.random.split(key, 2 + self.sizes["discriminator_steps"])
        step, shape = step + 1, (self.batch_size, self.sizes["latent_dim"])
        generator, discriminator = params["generator"], params["discriminator"]
        running, directions = rest["generator"], rest["discriminator"]
        generator_moments, other_moments = (
            moments["generator"],
            moments["discriminator"],
        )
        x, logs = images.astype("float32") / 127.5 - 1.0, []

        def discriminator_loss(params, both):
            said, new = self._judge(params, directions, both)
            real, fake = jnp.split(said, 2)
            loss = jax.nn.relu(1.0 - real).mean() + jax.nn.relu(1.0 + fake).mean()
            return loss, (new, real.mean(), fake.mean())

        for i, part in enumerate(jnp.split(x, self.sizes["discriminator_steps"])):
            z = jax.random.normal(keys[i], shape).astype(dtype)
            fake, running = self._generate(generator, running, z)
            both = jnp.concatenate([part, fake]).astype(dtype)
            (loss, (directions, real, fake)), gradients = jax.value_and_grad(
                discriminator_loss, has_aux=True
            )(discriminator, both)
            count = (step - 1) * self.sizes["discriminator_steps"] + i + 1
            discriminator, other_moments = adam(
                discriminator, gradients, other_moments, count, 2e-4, 0.0, 0.9
            )
            logs.append((loss, real, fake))
        z = jax.random.normal(keys[-1], shape).astype(dtype)

        def generator_loss(params):
            fake, new = self._generate(params, running, z)
            said, _ = self._judge(discriminator, directions, fake.astype(dtype))
            return -said.mean(), new

        (loss, running), gradients = jax.value_and_grad(generator_loss, has_aux=True)(
            generator
        )
        generator, generator_moments = adam(
            generator, gradients, generator_moments, step, 2e-4, 0.0, 0.9
        )
        names = ("discriminator_loss", "discriminator_real", "discriminator_fake")
        means = [sum(values) / len(logs) for values in zip(*logs, strict=True)]
        state = (
            {"generator": generator, "discriminator": discriminator},
            {"generator": generator_moments, "discriminator": other_moments},
            {"generator": running, "discriminator": directions},
            key,
            step,
        )
        return state, {**dict(zip(names, means, strict=True)), "generator_loss": loss}


TRAINERS = {"sngan": Sngan}
