"""Hand-written PyTorch training of StyleGAN2, see `native_torch.py`.

From the paper, configuration F. As in the official code styles scale what goes into a
convolution and out of it, the blur is a depthwise convolution, and what does not move
in an update has `requires_grad` switched off.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from native_torch import DEVICE, Trainer, adam, autocast
from torch import nn


def _blur(x, before, after, gain=1.0):
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype, device=x.device) / 8.0
    kernel = (gain * torch.outer(taps, taps)).expand(x.shape[1], 1, 4, 4)
    x = F.pad(x, (before, after, before, after))
    return F.conv2d(x, kernel, groups=x.shape[1])


def _resampled(x, weight, resample):
    if resample == "up":
        x = F.conv_transpose2d(x, weight.transpose(0, 1).flip(2, 3), stride=2)
        return _blur(x, 1, 1, 4.0)
    if resample == "down":
        wide = weight.shape[2] // 2 + 1
        return F.conv2d(_blur(x, wide, wide), weight, stride=2)
    return F.conv2d(x, weight, padding=weight.shape[2] // 2)


def _enlarge(x):
    wide = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    wide[:, :, ::2, ::2] = x
    return _blur(wide, 2, 1, 4.0)


def _lrelu(x):
    return F.leaky_relu(x, 0.2) * math.sqrt(2.0)


class _Scaled(nn.Module):
    """Weights of equalised learning rate; the layers below use them."""

    def __init__(self, *shape, bias=0.0, rate=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape) / rate)
        self.scale, self.rate = rate / math.sqrt(math.prod(shape[1:])), rate
        self.bias = None
        if bias is not None:
            self.bias = nn.Parameter(torch.full(shape[:1], bias / rate))


class _Linear(_Scaled):
    def forward(self, x):
        return F.linear(x, self.weight * self.scale, self.bias * self.rate)


class _Conv(_Scaled):
    resample = None

    def forward(self, x):
        x = _resampled(x, self.weight * self.scale, self.resample)
        return x if self.bias is None else x + self.bias[:, None, None]


class _Down(_Conv):
    resample = "down"


class _Styled(nn.Module):
    """A modulated convolution, noise and a bias."""

    def __init__(self, style_dim, maps_in, maps, size=3, resample=None):
        super().__init__()
        self.conv, self.resample = _Scaled(maps, maps_in, size, size), resample
        self.style = _Linear(maps_in, style_dim, bias=1.0)
        self.noise = nn.Parameter(torch.zeros(())) if size > 1 else None

    def forward(self, x, w):
        style, weight = self.style(w), self.conv.weight * self.conv.scale
        x = _resampled(x * style[:, :, None, None], weight, self.resample)
        bias = self.conv.bias[:, None, None]
        if self.noise is None:  # to colours
            return x + bias
        norm = style.square() @ weight.square().sum((2, 3)).T
        x = x * torch.rsqrt(norm + 1e-8)[:, :, None, None]
        noise = torch.randn(len(x), 1, *x.shape[2:], device=x.device)
        return _lrelu(x + self.noise * noise + bias)


class _Synthesis(nn.Module):
    def __init__(self, style_dim, base, maps, channels):
        super().__init__()
        self.constant = nn.Parameter(torch.randn(maps[0], base, base))
        self.convs, before = nn.ModuleList(), maps[0]
        for level, n in enumerate(maps):
            for resample in ["up", None][level == 0 :]:
                self.convs.append(_Styled(style_dim, before, n, resample=resample))
                before = n
        self.colours = nn.ModuleList([_Styled(style_dim, n, channels, 1) for n in maps])
        self.num_styles = 2 * len(maps)

    def forward(self, w):
        x, image = self.constant.expand(len(w), -1, -1, -1), 0.0
        for i, conv in enumerate(self.convs):
            x = conv(x, w[:, i])
            if i % 2 == 0:
                colours = self.colours[i // 2](x, w[:, i + 1]).float()
                image = colours if i == 0 else _enlarge(image) + colours
        return image


class _Block(nn.Module):
    def __init__(self, maps, maps_out):
        super().__init__()
        self.first = _Conv(maps, maps, 3, 3)
        self.second = _Down(maps_out, maps, 3, 3)
        self.short = _Down(maps_out, maps, 1, 1, bias=None)

    def forward(self, x):
        y = _lrelu(self.second(_lrelu(self.first(x))))
        return (y + self.short(x)) / math.sqrt(2.0)


class _Judge(nn.Module):
    def __init__(self, base, maps, channels):
        super().__init__()
        self.colours = _Conv(maps[-1], channels, 1, 1)
        pairs = zip(maps[::-1], maps[-2::-1], strict=False)
        self.blocks = nn.Sequential(*[_Block(*pair) for pair in pairs])
        self.last = _Conv(maps[0], maps[0] + 1, 3, 3)
        self.dense = _Linear(maps[0], base * base * maps[0])
        self.score = _Linear(1, maps[0])

    def forward(self, x):
        x = self.blocks(_lrelu(self.colours(x)))
        groups = x.reshape(4, -1, *x.shape[1:]).float()
        deviation = torch.sqrt(groups.var(0, correction=0) + 1e-8).mean((1, 2, 3))
        deviation = deviation.repeat(4)[:, None, None, None].to(x.dtype)
        x = torch.cat([x, deviation.expand(-1, 1, *x.shape[2:])], 1)
        x = _lrelu(self.last(x)).flatten(1)
        return self.score(_lrelu(self.dense(x))).float()


class StyleGan2(Trainer):
    def __init__(
        self, images, batch_size, precision, latent_dim, max_filters, mapping_depth
    ):
        side, channels = images.shape[1], images.shape[3]
        count = int(math.log2(side // 4))
        base, maps = side >> count, [max_filters] * (count + 1)
        layers = [_Linear(*[latent_dim] * 2, rate=0.01) for _ in range(mapping_depth)]
        self.mapping = nn.ModuleList(layers)
        self.synthesis = _Synthesis(latent_dim, base, maps, channels)
        self.generator = nn.ModuleList([self.mapping, self.synthesis])
        self.discriminator = _Judge(base, maps, channels)
        modules = [self.generator, self.discriminator]
        super().__init__(images, batch_size, precision, modules)
        self.latent_dim, self.count = latent_dim, 0
        self.mean_style = torch.zeros(latent_dim, device=DEVICE)
        self.mean_length = torch.zeros((), device=DEVICE)
        self.optimizers = [adam(m, 2e-3, 0.0, 0.99, 1e-8) for m in modules]

    def _styles(self, count):
        z = torch.randn(count, self.latent_dim, device=DEVICE)
        z = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        for layer in self.mapping:
            z = _lrelu(layer(z))
        return z

    def _generate(self):
        w, number = self._styles(self.batch_size), self.synthesis.num_styles
        self.mean_style.lerp_(w.detach().float().mean(0), 0.005)
        rows = w[:, None].expand(-1, number, -1)
        if torch.rand(()) < 0.9:
            first = int(torch.randint(1, number, ()))
            other = self._styles(self.batch_size)[:, None].expand(-1, number, -1)
            rows = torch.cat([rows[:, :first], other[:, first:]], 1)
        return self.synthesis(rows)

    def _path_lengths(self):
        w = self._styles((self.batch_size + 1) // 2)
        w = w[:, None].expand(-1, self.synthesis.num_styles, -1)
        images = self.synthesis(w)
        noise = torch.randn_like(images) / math.sqrt(math.prod(images.shape[2:]))
        slopes = torch.autograd.grad((images * noise).sum(), w, create_graph=True)[0]
        return slopes.float().square().sum(2).mean(1).sqrt()

    def step(self, x):
        x, logs = x * 2.0 - 1.0, {}
        self.generator.requires_grad_(False)
        self.discriminator.requires_grad_(True)
        logs.update(self._move_discriminator(x))
        self.generator.requires_grad_(True)
        self.discriminator.requires_grad_(False)
        logs.update(self._move_generator())
        self.count += 1
        return logs

    def _move_discriminator(self, x):
        lazy = self.count % 16 == 0
        with autocast(self.precision):
            fake = self.discriminator(self._generate())
            real = self.discriminator(x.requires_grad_(lazy))
            loss = F.softplus(-real).mean() + F.softplus(fake).mean()
            penalty = torch.zeros((), device=DEVICE)
            if lazy:
                slope = torch.autograd.grad(real.sum(), x, create_graph=True)[0]
                penalty = 16 * 10.0 / 2 * slope.square().sum((1, 2, 3)).mean()
        self.optimizers[1].zero_grad()
        (loss + penalty).backward()
        self.optimizers[1].step()
        return {
            "discriminator_loss": (loss + penalty).detach(),
            "discriminator_real": real.detach().sigmoid().mean(),
            "discriminator_fake": fake.detach().sigmoid().mean(),
            "discriminator_penalty": penalty.detach(),
        }

    def _move_generator(self):
        with autocast(self.precision):
            loss = F.softplus(-self.discriminator(self._generate())).mean()
            if self.count % 4 == 0:
                lengths = self._path_lengths()
                mean = self.mean_length.lerp(lengths.mean(), 0.01)
                loss = loss + 4 * 2.0 * (lengths - mean).square().mean()
                self.mean_length = mean.detach()
        self.optimizers[0].zero_grad()
        loss.backward()
        self.optimizers[0].step()
        return {
            "generator_loss": loss.detach(),
            "generator_path_length": self.mean_length,
        }


TRAINERS = {"stylegan2": StyleGan2}
