"""Hand-written PyTorch training of SNGAN, see `native_torch.py`.

The residual networks of the paper's table 4, one power iteration by hand. What does not
move in an update has `requires_grad` switched off.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from native_torch import DEVICE, Trainer, adam, autocast, init_glorot
from torch import nn


class _SpectralNorm(nn.Module):
    """A layer without its own normalisation: weights over their largest stretch."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.register_buffer("u", F.normalize(torch.randn(len(layer.weight)), dim=0))

    def forward(self, x):
        weight, bias = self.layer.weight, self.layer.bias
        matrix = weight.flatten(1)
        with torch.no_grad():
            v = F.normalize(matrix.T @ self.u, dim=0)
            u = F.normalize(matrix @ v, dim=0)
            if weight.requires_grad:  # once an update of the discriminator
                self.u.copy_(u)
        weight = weight / (u @ (matrix @ v))
        if isinstance(self.layer, nn.Linear):
            return F.linear(x, weight, bias)
        return F.conv2d(x, weight, bias, padding=self.layer.padding)


def _conv(maps_in, maps_out, size, gain=1.0):
    layer = nn.Conv2d(maps_in, maps_out, size, padding=size // 2)
    init_glorot(layer)
    layer.weight.data *= gain
    return layer


def _wide(maps_in, maps_out):
    return _conv(maps_in, maps_out, 3, math.sqrt(2.0))


class _UpBlock(nn.Module):
    def __init__(self, maps):
        super().__init__()
        up = nn.Upsample(scale_factor=2)
        self.layers = nn.Sequential(
            nn.BatchNorm2d(maps, 2e-5), nn.ReLU(), up, _wide(maps, maps),
            nn.BatchNorm2d(maps, 2e-5), nn.ReLU(), _wide(maps, maps),
        )  # fmt: skip
        self.shortcut = nn.Sequential(_conv(maps, maps, 1), up)

    def forward(self, x):
        return self.shortcut(x) + self.layers(x)


class _DownBlock(nn.Module):
    """A block of the discriminator, which halves the sides where it is to."""

    def __init__(self, maps_in, maps, halve, first=False):
        super().__init__()
        convs = [_SpectralNorm(_wide(n, maps)) for n in (maps_in, maps)]
        pool = [nn.AvgPool2d(2)] if halve else []
        start = [] if first else [nn.ReLU()]
        self.layers = nn.Sequential(*start, convs[0], nn.ReLU(), convs[1], *pool)
        short = [*pool, _SpectralNorm(_conv(maps_in, maps, 1))] if halve else []
        self.shortcut = nn.Sequential(*short)

    def forward(self, x):
        return self.shortcut(x) + self.layers(x)


class Sngan(Trainer):
    def __init__(
        self, images, batch_size, precision, latent_dim, filters, discriminator_steps
    ):
        side, channels = images.shape[1], images.shape[3]
        count = int(math.log2(side // 4))
        base = (2 * filters, side >> count, side >> count)
        start = nn.Linear(latent_dim, math.prod(base))
        init_glorot(start)
        self.generator = nn.Sequential(
            start, nn.Unflatten(1, base),
            *[_UpBlock(2 * filters) for _ in range(count)],
            nn.BatchNorm2d(2 * filters, 2e-5), nn.ReLU(),
            _conv(2 * filters, channels, 3), nn.Tanh(),
        )  # fmt: skip
        last = nn.Linear(filters, 1, bias=False)
        nn.init.xavier_uniform_(last.weight)
        self.features = nn.Sequential(
            _DownBlock(channels, filters, True, first=True),
            _DownBlock(filters, filters, True),
            _DownBlock(filters, filters, False),
            _DownBlock(filters, filters, False),
            nn.ReLU(),
        )
        self.discriminator = nn.ModuleList([self.features, _SpectralNorm(last)])
        modules = [self.generator, self.discriminator]
        super().__init__(images, batch_size, precision, modules)
        self.latent_dim, self.batches_per_step = latent_dim, discriminator_steps
        self.optimizers = [adam(module, 2e-4, 0.0, 0.9) for module in modules]

    def _generate(self):
        z = torch.randn(self.batch_size, self.latent_dim, device=DEVICE)
        return self.generator(z)

    def _judge(self, x):
        return self.discriminator[1](self.features(x).float().sum((2, 3)))

    def step(self, x):
        logs = [self._move_discriminator(part) for part in x.split(self.batch_size)]
        self.discriminator.requires_grad_(False)
        with autocast(self.precision):
            loss = -self._judge(self._generate()).mean()
        self.optimizers[0].zero_grad()
        loss.backward()
        self.optimizers[0].step()
        self.discriminator.requires_grad_(True)
        logs = {k: torch.stack([log[k] for log in logs]).mean() for k in logs[0]}
        return {**logs, "generator_loss": loss.detach()}

    def _move_discriminator(self, x):
        with autocast(self.precision):
            with torch.no_grad():
                fake = self._generate()
            said = self._judge(torch.cat([x * 2.0 - 1.0, fake])).float()
        real, fake = said.chunk(2)
        loss = F.relu(1.0 - real).mean() + F.relu(1.0 + fake).mean()
        self.optimizers[1].zero_grad()
        loss.backward()
        self.optimizers[1].step()
        return {
            "discriminator_loss": loss.detach(),
            "discriminator_real": real.detach().mean(),
            "discriminator_fake": fake.detach().mean(),
        }


TRAINERS = {"sngan": Sngan}
