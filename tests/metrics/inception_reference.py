"""What the Inceptions of torch-fidelity and pytorch-fid make of random weights.

`tests/golden/inception.npz` holds their features of `random_images()`; it was made by

    pip install torch-fidelity==0.4.0 pytorch-fid==0.3.0
    KERAS_BACKEND=torch python -m tests.metrics.inception_reference
"""

import pathlib
from unittest import mock

import numpy as np

PATH = pathlib.Path(__file__).parents[1] / "golden" / "inception.npz"


def random_weights(shapes, seed=0):
    """Returns float32 arrays under which no layer's activations vanish or grow.

    From `numpy.random.RandomState`, whose numbers stay the same in every version.

    Args:
        shapes: dict from the names of the published file's arrays to their shapes.
        seed: int.
    """
    random = np.random.RandomState(seed)
    arrays = {}
    for name in sorted(shapes):
        low, high = -1.0, 1.0
        if name.endswith("conv.weight"):
            high = np.sqrt(6.0 / np.prod(shapes[name][1:]))  # He's
            low = -high
        elif name.endswith(("bn.weight", "running_var")):
            low, high = 0.6, 1.4
        elif name == "fc.weight":
            low, high = -0.1, 0.1
        values = low + (high - low) * random.random_sample(shapes[name])
        arrays[name] = values.astype("float32")
    return arrays


def random_images(shape=(2, 40, 52, 3), seed=1):
    """Returns `uint8` images of noise, which show every pixel of a resize."""
    return np.random.RandomState(seed).randint(0, 256, shape).astype("uint8")


def torch_fidelity(arrays, images):
    """Returns features and both logits by torch-fidelity, of `uint8` images."""
    import torch
    from torch_fidelity import feature_extractor_inceptionv3 as module

    keys = ["2048", "logits_unbiased", "logits"]
    with _loading(module, arrays):
        network = module.FeatureExtractorInceptionV3("inception", keys)
    with torch.no_grad():
        outputs = network(torch.from_numpy(images).permute(0, 3, 1, 2))
    return [output.numpy() for output in outputs]


def pytorch_fid(arrays, images, **options):
    """Returns features by pytorch-fid, of float images."""
    import torch
    from pytorch_fid import inception as module

    with _loading(module, arrays):
        network = module.InceptionV3(**options).eval()
    with torch.no_grad():
        (output,) = network(torch.from_numpy(images).permute(0, 3, 1, 2))
    return output[:, :, 0, 0].numpy()


def _loading(module, arrays):
    """A context in which a package is given `arrays` in the place of a download."""
    import torch

    state = {name: torch.from_numpy(array) for name, array in arrays.items()}
    name = "load_state_dict_from_url"
    return mock.patch.object(module, name, lambda *_, **__: state)


def main():
    from kerasgen.metrics.inception import inception_network
    from kerasgen.metrics.inception_weights import array_shapes

    arrays = random_weights(array_shapes(inception_network()))
    images = random_images()
    features, unbiased, logits = torch_fidelity(arrays, images)
    scaled = images.astype("float32") / np.float32(255.0)
    np.savez_compressed(
        PATH,
        tensorflow=features,
        unbiased=unbiased,
        logits=logits,
        torch=pytorch_fid(arrays, scaled),
    )


if __name__ == "__main__":
    main()
