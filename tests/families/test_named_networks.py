"""Models whose networks are chosen by name: points, images, labels."""

import keras
import numpy as np
import pytest

from kerasgen.families.named_networks import NamedNetworksModel

pytestmark = pytest.mark.any_backend  # each model runs its own on every backend


class Named(NamedNetworksModel):
    """As a paper about a loss would have it."""

    judge_name = "critic"
    paper_loss = "wasserstein"

    def __init__(self, image_shape, **kwargs):
        super().__init__(image_shape, latent_dim=3, filters=2, **kwargs)
        self.add_players()

    def default_optimizers(self):
        return {phase: keras.optimizers.SGD(0.01) for phase in self.phases}


@pytest.mark.parametrize(
    ("shape", "architecture", "classes"),
    [
        ((2,), None, None),
        ((2,), "mlp", 3),
        ((8, 8, 1), None, 3),
        ((8, 8, 1), "mlp", 3),
        ((8, 12, 2), "cnn", None),
        ((8, 8, 3), "resnet", 2),
    ],
)
def test_a_step_and_samples_of_every_kind(shape, architecture, classes):
    model = Named(shape, architecture=architecture, num_classes=classes, seed=0)
    model.compile(run_eagerly=True)
    x = np.random.default_rng(0).uniform(size=(4, *shape)).astype("float32")
    y = None if classes is None else np.int32([0, 1, 1, 0])
    logs = model.train_on_batch(x, y, return_dict=True)
    assert set(logs) == {
        *("critic_loss", "critic_real", "critic_fake", "generator_loss")
    }
    assert model.sample(3, seed=0).shape == (3, *shape)
    assert model.architecture == (
        architecture or ("mlp" if len(shape) == 1 else "dcgan")
    )


def test_points_take_dense_layers_alone():
    with pytest.raises(ValueError, match='`architecture` must be "mlp" for points'):
        Named((2,), architecture="cnn")
    with pytest.raises(ValueError, match="`architecture` must be one of"):
        Named((8, 8, 1), architecture="unet")
