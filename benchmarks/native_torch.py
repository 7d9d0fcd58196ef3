"""Hand-written PyTorch training: `nn.Module`s channels-first, `torch.optim.Adam`.

As in PyTorch's own DCGAN and VAE examples: `zero_grad`, `backward`, `step`; batches
are rows of one tensor (faster than a `DataLoader` on small images); no `torch.compile`.
Under `mixed_bfloat16` the networks run in `torch.autocast`.
"""

import contextlib
import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def synchronize():
    """Waits for the device."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def autocast(precision):
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(DEVICE, dtype=torch.bfloat16)


def adam(module, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    # 1e-7 is Keras's epsilon, so that both take the same steps.
    betas = (beta_1, beta_2)
    return torch.optim.Adam(module.parameters(), rate, betas=betas, eps=epsilon)


class Trainer:
    """A loop over shuffled batches of one `uint8` tensor on the device.

    Attributes:
        batches_per_step: int. Batches that one step takes together.
    """

    batches_per_step = 1

    def __init__(self, images, batch_size, precision, modules):
        images = np.ascontiguousarray(np.transpose(images, (0, 3, 1, 2)))
        self.images = torch.from_numpy(images).to(DEVICE)
        self.batch_size, self.precision = batch_size, precision
        self.modules = [module.to(DEVICE).train() for module in modules]

    @property
    def num_parameters(self):
        return sum(p.numel() for m in self.modules for p in m.parameters())

    def train_epoch(self):
        """Trains for one pass and returns the mean of each scalar."""
        order, logs = torch.randperm(len(self.images), device=DEVICE), []
        count = self.batch_size * self.batches_per_step
        for i in range(len(order) // count):
            rows = order[i * count : (i + 1) * count]
            logs.append(self.step(self.images[rows].float() / 255.0))
        return {k: torch.stack([log[k] for log in logs]).mean().item() for k in logs[0]}


# === DCGAN ===


def _init_dcgan(module):
    if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    if isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def _generator(latent_dim, side, channels, filters):
    base = (2 * filters, side // 4, side // 4)
    up = {"kernel_size": 5, "stride": 2, "padding": 2, "output_padding": 1}
    return nn.Sequential(
        nn.Linear(latent_dim, math.prod(base), bias=False),
        nn.Unflatten(1, base),
        nn.BatchNorm2d(2 * filters),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * filters, filters, bias=False, **up),
        nn.BatchNorm2d(filters),
        nn.ReLU(),
        nn.ConvTranspose2d(filters, channels, **up),
        nn.Tanh(),
    )


def _discriminator(side, channels, filters):
    return nn.Sequential(
        nn.Conv2d(channels, filters, 5, 2, 2),
        nn.LeakyReLU(0.2),
        nn.Conv2d(filters, 2 * filters, 5, 2, 2, bias=False),
        nn.BatchNorm2d(2 * filters),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(2 * filters * (side // 4) ** 2, 1),
    )


class _Gan(Trainer):
    def __init__(self, images, batch_size, precision, latent_dim, filters):
        side, channels = images.shape[1], images.shape[3]
        self.generator = _generator(latent_dim, side, channels, filters)
        self.discriminator = _discriminator(side, channels, filters)
        modules = [self.generator, self.discriminator]
        for module in modules:
            module.apply(_init_dcgan)
        super().__init__(images, batch_size, precision, modules)
        self.latent_dim = latent_dim
        self.generator_optimizer = adam(self.generator, 2e-4, 0.5)
        self.discriminator_optimizer = adam(self.discriminator, 2e-4, 0.5)

    def _latents(self):
        shape = (self.batch_size, self.latent_dim)
        return torch.rand(shape, device=DEVICE) * 2.0 - 1.0

    def step(self, x):
        with autocast(self.precision):
            with torch.no_grad():
                fake = self.generator(self._latents())
            real = self.discriminator(x * 2.0 - 1.0).float()
            fake = self.discriminator(fake).float()
        loss = F.softplus(-real).mean() + F.softplus(fake).mean()
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        with autocast(self.precision):
            logits = self.discriminator(self.generator(self._latents())).float()
        generator_loss = F.softplus(-logits).mean()
        self.generator_optimizer.zero_grad()
        generator_loss.backward()
        self.generator_optimizer.step()
        return {
            "discriminator_loss": loss.detach(),
            "discriminator_real": real.detach().sigmoid().mean(),
            "discriminator_fake": fake.detach().sigmoid().mean(),
            "generator_loss": generator_loss.detach(),
        }


# === VAE ===


def init_glorot(module):
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)


class _Vae(Trainer):
    def __init__(self, images, batch_size, precision, latent_dim, hidden):
        size = math.prod(images.shape[1:])
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(size, hidden), nn.Tanh(),
            nn.Linear(hidden, 2 * latent_dim),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden), nn.Tanh(), nn.Linear(hidden, size)
        )
        modules = nn.ModuleList([self.encoder, self.decoder]).apply(init_glorot)
        super().__init__(images, batch_size, precision, modules)
        self.optimizer = adam(modules, 1e-3)

    def step(self, x):
        x = torch.bernoulli(x)
        with autocast(self.precision):
            mean, log_variance = self.encoder(x).float().chunk(2, dim=1)
            z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
            logits = self.decoder(z).float()
        rows = len(x)
        reconstruction = F.binary_cross_entropy_with_logits(
            logits, x.flatten(1), reduction="sum"
        )
        kl = 0.5 * torch.sum(mean**2 + torch.exp(log_variance) - 1.0 - log_variance)
        loss = (reconstruction + kl) / rows
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {
            "loss": loss.detach(),
            "reconstruction": reconstruction.detach() / rows,
            "kl": kl.detach() / rows,
        }


# === PixelCNN ===


class _MaskedConv2d(nn.Conv2d):
    """A convolution over the rows above and, to the left, this row."""

    def __init__(self, maps_in, maps_out, size, kind):
        super().__init__(maps_in, maps_out, (size // 2 + 1, size))
        self.pad = (size // 2, size // 2, size // 2, 0)
        mask = torch.ones(1, 1, size // 2 + 1, size)
        mask[:, :, -1, size // 2 + (kind == "B") :] = 0.0
        self.register_buffer("mask", mask)

    def forward(self, x):
        return F.conv2d(F.pad(x, self.pad), self.weight * self.mask, self.bias)


class _Block(nn.Module):
    def __init__(self, filters):
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReLU(), nn.Conv2d(2 * filters, filters, 1),
            nn.ReLU(), _MaskedConv2d(filters, filters, 3, "B"),
            nn.ReLU(), nn.Conv2d(filters, 2 * filters, 1),
        )  # fmt: skip

    def forward(self, x):
        return x + self.layers(x)


class _PixelCnn(Trainer):
    def __init__(self, images, batch_size, precision, filters, blocks, head_filters):
        self.network = nn.Sequential(
            _MaskedConv2d(images.shape[3], 2 * filters, 7, "A"),
            *[_Block(filters) for _ in range(blocks)],
            nn.ReLU(), nn.Conv2d(2 * filters, head_filters, 1),
            nn.ReLU(), nn.Conv2d(head_filters, head_filters, 1),
            nn.ReLU(), nn.Conv2d(head_filters, 2, 1),
        ).apply(init_glorot)  # fmt: skip
        super().__init__(images, batch_size, precision, [self.network])
        self.optimizer = adam(self.network, 1e-3)

    def step(self, x):
        x = torch.bernoulli(x)
        with autocast(self.precision):
            logits = self.network(x * 2.0 - 1.0).float()
        loss = F.cross_entropy(logits, x[:, 0].long(), reduction="sum") / len(x)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {
            "loss": loss.detach(),
            "bits_per_dim": loss.detach() / (x[0].numel() * math.log(2.0)),
        }


TRAINERS = {"gan": _Gan, "vae": _Vae, "pixelcnn": _PixelCnn}
