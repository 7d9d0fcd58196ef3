"""Priors fitted after training, from which better codes are drawn."""

import dataclasses
from pathlib import Path

import numpy as np

from kerasgen.explore.codes import check_encoder, encode
from kerasgen.explore.traversal import posterior_moments
from kerasgen.training.arguments import check_choice, check_int

COVARIANCES = ("full", "diagonal")


@dataclasses.dataclass
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
    seed=0,
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
        kind: `"gaussian_mixture"`, fitted by scikit-learn.
        components: int, at most `n`. 1 gives one Gaussian. Defaults to `10`.
        covariance: `"full"` or `"diagonal"`, of each component.
        posterior_samples: bool. Whether a code is drawn from each Gaussian posterior,
            of which the decoder saw samples in training, in place of its mean.
        seed: int. Defaults to `0`.

    Returns:
        `GaussianMixture`.
    """
    check_encoder(model)
    check_choice("kind", kind, ("gaussian_mixture",))
    check_choice("covariance", covariance, COVARIANCES)
    check_int("components", components)
    check_int("seed", seed, 0)
    if components > len(x):
        raise ValueError(
            f"`components` must be at most {len(x)}, the number of images. "
            f"Received: components={components}"
        )
    codes = _codes(model, x, labels, posterior_samples, seed).astype("float64")
    from sklearn import mixture

    kinds = {"full": "full", "diagonal": "diag"}
    fitted = mixture.GaussianMixture(
        components, covariance_type=kinds[covariance], random_state=seed
    ).fit(codes)
    covariances = fitted.covariances_
    if covariance == "diagonal":
        covariances = covariances[:, :, None] * np.eye(codes.shape[1])
    return GaussianMixture(fitted.weights_, fitted.means_, covariances)


def load_prior(path):
    """Returns the prior that `GaussianMixture.save` wrote to an `.npz` file."""
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
