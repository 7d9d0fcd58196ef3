"""What one does with a trained model: look at its codes, and at what they draw.

The functions take any model that decodes vectors of `latent_dim` values: autoencoders
and GANs. Those that encode images need an encoder. Each returns arrays, which `save`
writes to a picture (`.png`) or to a file of arrays (`.npz`).

>>> import kerasgen
>>> from kerasgen import explore
>>> model = kerasgen.autoencoders.VAE((8, 8, 1), latent_dim=4)
>>> model.compile()
>>> train = kerasgen.data.load("digits", labels=True)
>>> history = model.fit(train, epochs=20, verbose=0)
>>> x, y = kerasgen.data.load("digits", "test", labels=True).arrays()
>>> explore.traverse(model, x[0], reference=x).save("traversal.png")
>>> explore.plane(model, dimensions=(0, 1)).save("plane.png")
>>> explore.interpolate(model, x[:4], x[4:8], kind="spherical").save("way.png")
>>> vectors = explore.attribute_vectors(model, *train.arrays())
>>> found = explore.edit(model, x[:4], vectors[3], amounts=(0, 0.5, 1))
>>> found.facts["identity_error"].shape
(4,)
>>> explore.nearest(model, model.sample(4, seed=0), train.arrays()[0]).save("near.png")
>>> explore.map_2d(model, x, y).save("map.png")
>>> prior = explore.fit_prior(model, train.arrays()[0], components=10)
>>> model.sample(16, latents=prior.draw(16, seed=0)).shape
(16, 8, 8, 1)

On the command line: `kerasgen explore traverse runs/vae --out traversal.png`, and so on
(`kerasgen explore --help`).
"""

from kerasgen.explore.attributes import attribute_vectors
from kerasgen.explore.autoregressive_prior import AutoregressivePrior
from kerasgen.explore.code_arithmetic import (
    arithmetic,
    arithmetic_success,
    class_judge,
)
from kerasgen.explore.code_traversal import traverse_codes
from kerasgen.explore.concepts import ConceptDetector
from kerasgen.explore.duplicates import BinaryCoder, fit_coder, remove_duplicates
from kerasgen.explore.editing import edit
from kerasgen.explore.feature_scores import FeatureScore, FeatureScores
from kerasgen.explore.features import convolution_features, score_features
from kerasgen.explore.guided import guided_filters
from kerasgen.explore.human_study import human_study
from kerasgen.explore.interpolation import interpolate
from kerasgen.explore.known_game import (
    KnownGame,
    game_value,
    optimal_discriminator,
    play_known_game,
)
from kerasgen.explore.latent_directions import directions, find_directions
from kerasgen.explore.latent_encoder import LatentEncoder, fit_encoder, load_encoder
from kerasgen.explore.mapping import Map, map_2d
from kerasgen.explore.neighbours import nearest
from kerasgen.explore.planes import plane
from kerasgen.explore.pretrain_classifier import pretrain_classifier
from kerasgen.explore.prior import GaussianMixture, fit_prior, load_prior
from kerasgen.explore.projection import project
from kerasgen.explore.result import Exploration
from kerasgen.explore.traversal import average_kl, traverse
from kerasgen.explore.window import drop_concept

__all__ = [
    "AutoregressivePrior",
    "BinaryCoder",
    "ConceptDetector",
    "Exploration",
    "FeatureScore",
    "FeatureScores",
    "GaussianMixture",
    "KnownGame",
    "LatentEncoder",
    "Map",
    "arithmetic",
    "arithmetic_success",
    "attribute_vectors",
    "average_kl",
    "class_judge",
    "convolution_features",
    "directions",
    "drop_concept",
    "edit",
    "find_directions",
    "fit_coder",
    "fit_encoder",
    "fit_prior",
    "game_value",
    "guided_filters",
    "human_study",
    "interpolate",
    "load_encoder",
    "load_prior",
    "map_2d",
    "nearest",
    "optimal_discriminator",
    "plane",
    "play_known_game",
    "pretrain_classifier",
    "project",
    "remove_duplicates",
    "score_features",
    "traverse",
    "traverse_codes",
]


def __dir__():
    return __all__
