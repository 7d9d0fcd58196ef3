"""Priors fitted after training, from which better codes are drawn."""

import dataclasses
from pathlib import Path

import keras
import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.explore.autoregressive_prior import AutoregressivePrior
from kerasgen.explore.codes import check_encoder, encode
from kerasgen.explore.traversal import posterior_moments

COVARIANCES = ("full", "diagonal")
KINDS = ("gaussian_mixture", "autoregressive")


@dataclasses.dataclass(repr=False)
class GaussianMixture:
    """A mixture of Gaussians over codes.

    Args:
        weights: float64 array `(components,)`, which sum to 1.
        means: float64 array `(components, latent_dim)`.
        covariances: float64 array `(components, latent_dim, latent_dim)`.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    def __repr__(self):
        count, latents = self.means.shape
        return f"GaussianMixture({count} components, {latents} latents)"

    def draw(self, num_samples, seed=0):
        """Draws codes, for `model.sample(n, latents=prior.draw(n))`.

        Args:
            num_samples: int.
            seed: int. The same seed gives the same codes. Defaults to `0`.

        Returns:
            float32 array `(num_samples, latent_dim)`.
        """
        check_int("num_samples", num_samples)
        generator = np.random.default_rng(check_int("seed", seed, 0))
        chosen = generator.choice(len(self.weights), num_samples, p=self.weights)
        noise = generator.standard_normal((num_samples, self.means.shape[1]))
        roots = np.linalg.cholesky(self.covariances)[chosen]
        codes = self.means[chosen] + np.einsum("nij,nj->ni", roots, noise)
        return codes.astype("float32")

    def log_prob(self, codes):
        """Returns `log p(z)` of codes `(n, latent_dim)`, in nats, float64 `(n,)`."""
        codes = np.asarray(codes, "float64")
        if codes.ndim != 2 or codes.shape[1] != self.means.shape[1]:
            raise ValueError(
                f"`codes` must have shape (n, {self.means.shape[1]}). "
                f"Received: codes of shape {codes.shape}"
            )
        roots = np.linalg.cholesky(self.covariances)
        terms = []
        for weight, mean, root in zip(self.weights, self.means, roots, strict=True):
            whitened = np.linalg.solve(root, (codes - mean).T)
            log_volume = np.sum(np.log(np.diag(root)))
            log_volume += 0.5 * len(mean) * np.log(2 * np.pi)
            squares = np.sum(whitened**2, axis=0)
            terms.append(np.log(weight) - log_volume - 0.5 * squares)
        return np.logaddexp.reduce(terms, axis=0)

    def save(self, path):
        """Writes the numbers to an `.npz` file, for `load_prior`."""
        path = Path(path)
        if path.suffix.lower() != ".npz":
            raise ValueError(f"`path` must end in '.npz'. Received: path={str(path)!r}")
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, **dataclasses.asdict(self))


def fit_prior(
    model,
    x,
    labels=None,
    kind="gaussian_mixture",
    components=10,
    covariance="full",
    posterior_samples=False,
    hidden_widths=(128, 128),
    epochs=200,
    patience=10,
    seed=0,
    verbose=0,
):
    """Fits a density to the codes of images, for a model that is trained already.

    A decoder draws well where it was trained, which is where the codes of images lie;
    the model's own prior may have its mass elsewhere. Sampling an autoencoder this way
    is that of Ghosh et al., 2020, https://arxiv.org/abs/1903.12436, section 4. The
    model does not change, and its bounds of the likelihood stay those of its own prior.

    Args:
        model: a model with an encoder.
        x: training images `(n, height, width, channels)`.
        labels: ints `(n,)`, for a conditional model.
        kind: `"gaussian_mixture"`, fitted by scikit-learn, or `"autoregressive"`, each
            latent given those before it, a masked network. (Grids of codes, as of a
            `VQVAE`, have priors of their own: `model.fit_prior`.)
        components: int. Gaussians of the mixture, at most `n`, where 1 gives one
            Gaussian; or of each latent's. Defaults to `10`.
        covariance: `"full"` or `"diagonal"`, of each component of a mixture.
        posterior_samples: bool. Whether a code is drawn from each Gaussian posterior,
            of which the decoder saw samples in training, in place of its mean.
        hidden_widths: tuple of ints. Layers of the autoregressive kind's network.
        epochs: int. Passes over the codes, of that kind, at most.
        patience: int. Of that kind: passes without a gain on every tenth code, held
            out at the end of `x`, after which it stops and takes the best weights.
        seed: int. Defaults to `0`.
        verbose: 0, 1 or 2, as in `fit`, of that kind.

    Returns:
        `GaussianMixture` or `AutoregressivePrior`; both have `draw(n, seed)`,
        `log_prob(codes)` and `save(path)` (to `.npz`, to `.keras`).
    """
    check_encoder(model)
    check_choice("kind", kind, KINDS)
    check_choice("covariance", covariance, COVARIANCES)
    check_int("components", components)
    check_int("seed", seed, 0)
    autoregressive = kind == "autoregressive"
    if autoregressive and covariance != "full":
        raise ValueError(
            "`covariance` must be left alone for kind='autoregressive', whose latents "
            f"depend on one another. Received: covariance={covariance!r}"
        )
    if components > len(x) and not autoregressive:
        raise ValueError(
            f"`components` must be at most {len(x)}, the number of images. "
            f"Received: components={components}"
        )
    codes = _codes(model, x, labels, posterior_samples, seed)
    if autoregressive:
        prior = AutoregressivePrior(
            model.latent_dim, components, hidden_widths, seed=seed
        )
        return _fit_network(prior, codes, epochs, patience, verbose)
    codes = codes.astype("float64")
    from sklearn import mixture

    kinds = {"full": "full", "diagonal": "diag"}
    fitted = mixture.GaussianMixture(
        components, covariance_type=kinds[covariance], random_state=seed
    ).fit(codes)
    covariances = fitted.covariances_
    if covariance == "diagonal":
        covariances = covariances[:, :, None] * np.eye(codes.shape[1])
    return GaussianMixture(fitted.weights_, fitted.means_, covariances)


def _fit_network(prior, codes, epochs, patience, verbose):
    """Trains an `AutoregressivePrior`, stops it in time, and returns it."""
    prior.standardize(codes)
    prior.compile()
    stop = keras.callbacks.EarlyStopping(
        "val_loss", patience=patience, mode="min", restore_best_weights=True
    )
    prior.fit(
        codes.astype("float32"),
        batch_size=min(100, max(1, len(codes) // 2)),
        epochs=epochs,
        validation_split=0.1,
        callbacks=[stop],
        verbose=verbose,
    )
    return prior


def load_prior(path):
    """Returns the prior that `save` wrote, of either kind, by the file's ending."""
    if Path(path).suffix.lower() == ".keras":
        prior = keras.saving.load_model(path)
        if not isinstance(prior, AutoregressivePrior):
            raise ValueError(
                "`path` must hold a prior. "
                f"Received: {path} with a {type(prior).__name__}"
            )
        return prior
    names = [field.name for field in dataclasses.fields(GaussianMixture)]
    with np.load(path, allow_pickle=False) as arrays:
        if sorted(arrays.files) != sorted(names):
            raise ValueError(
                f"`path` must hold a prior, the arrays {names}. "
                f"Received: {path} with {arrays.files}"
            )
        return GaussianMixture(*(arrays[name] for name in names))


def _codes(model, x, labels, posterior_samples, seed):
    if not posterior_samples:
        return encode(model, x, labels)
    moments = posterior_moments(model, x, labels)
    if moments is None:
        raise ValueError(
            "`posterior_samples` must be False for a model without a Gaussian "
            f"posterior. Received: model of type {type(model).__name__}"
        )
    mean, log_variance = moments
    noise = np.random.default_rng(seed).standard_normal(mean.shape)
    return mean + np.exp(0.5 * log_variance) * noise
