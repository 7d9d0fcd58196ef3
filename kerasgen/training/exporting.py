"""Models as files for other programs: SavedModel, ONNX, OpenVINO, LiteRT, PyTorch."""

import importlib.util

import keras

from kerasgen import backend
from kerasgen.arguments import check_choice
from kerasgen.atomic_folder import check_file
from kerasgen.training import averages

# The formats of `keras.Model.export` by backend, with the packages that they take.
_FORMATS = {
    "tensorflow": {
        "tf_saved_model": (),
        "onnx": ("tf2onnx",),
        "openvino": ("openvino",),
        "litert": (),
    },
    "jax": {
        "tf_saved_model": ("tensorflow",),
        "onnx": ("jax2onnx",),
        "openvino": ("openvino", "tensorflow"),
    },
    "torch": {
        "torch": (),
        "onnx": ("onnx",),
        "openvino": ("openvino",),
        "litert": ("litert_torch",),
    },
}
_ALL = ("tf_saved_model", "onnx", "openvino", "litert", "torch")


class Exporting:
    """Mixin of `Saving`: `export` of what `call` gives, and of the networks."""

    def call_signature(self):
        """Returns what `call` takes: a list of `keras.InputSpec`."""
        specs = [input_spec("images", self.fields.shape)]
        if self.condition_shape is not None:
            specs.append(input_spec("conditions", self.condition_shape))
        elif self.condition_attributes is not None:
            specs.append(input_spec("labels", self.condition_attributes.shape))
        elif self.takes_labels:
            specs.append(input_spec("labels", (), "int32"))
        return specs

    def exportable_parts(self):
        """Returns the networks that `export` takes, a dict by name."""
        attributes = {**vars(self), **getattr(self, "_modules", {})}  # PyTorch's place
        return {
            name: net
            for name, net in attributes.items()
            if isinstance(net, keras.Model) and len(getattr(net, "inputs", ())) == 1
        }

    def export(
        self,
        filepath,
        format="tf_saved_model",
        verbose=None,
        input_signature=None,
        part=None,
        weights=None,
        **kwargs,
    ):
        """Writes what `call` computes to a file that runs without this library.

        A conditional model's file takes two inputs, as `call` takes a pair. Images are
        floats in `[0, 1]`, labels are `int32`, and batches have any size, where the
        format has such.

        Args:
            filepath: str or path. A folder for `"tf_saved_model"`, a file that ends in
                `.onnx`, `.xml`, `.tflite` or `.pt2` for the others.
            format: `"tf_saved_model"` (on TensorFlow and JAX), `"onnx"`, `"openvino"`,
                `"litert"` (on TensorFlow and PyTorch) or `"torch"` (on PyTorch). Each
                may need a package of its own.
            verbose: bool or None. As in Keras.
            input_signature: list of `keras.InputSpec`, one an input, or None for that
                of the model.
            part: str or None. Name of a network, such as `"generator"`, that is written
                in place of the model. It takes and gives what it does in the model:
                images in `data_range`.
            weights: `"average"`, `"raw"`, or None for the averages where kept.
            **kwargs: of the format, as in `keras.Model.export`.

        Raises:
            ValueError: if the backend cannot write the format.
            ImportError: if a package is missing that it takes.
            OSError: if nothing can be written there.
        """
        check_format(format)
        if format != "tf_saved_model":  # which makes its folder
            check_file("filepath", filepath)
        network, call = self, self.call
        signature = self.call_signature() if part is None else None
        if part is not None:
            parts = self.exportable_parts()
            network = call = parts[check_choice("part", part, tuple(parts))]
            given = network.inputs[0]
            signature = [input_spec("inputs", given.shape[1:], given.dtype)]
        with averages.scope(self, weights):
            pass  # refuses what `weights` must not be
        self.sync()
        exported = _Exported(self, network, call, weights)
        keras.Model.export(
            exported,
            filepath,
            format=format,
            verbose=verbose,
            input_signature=signature if input_signature is None else input_signature,
            **{**backend.export_options(format, len(signature)), **kwargs},
        )


def input_spec(name, shape, dtype="float32"):
    """Returns the `keras.InputSpec` of a batch of any size."""
    return keras.InputSpec(dtype=dtype, shape=(None, *shape), name=name)


def check_format(format):
    """Raises unless the running backend can write a format."""
    check_choice("format", format, _ALL)
    running = keras.backend.backend()
    formats = _FORMATS[running]
    if format not in formats:
        raise ValueError(
            f"`format` must be one of {list(formats)} on the {running} backend. "
            f"Received: format={format!r}"
        )
    missing = [p for p in formats[format] if importlib.util.find_spec(p) is None]
    if missing:
        others = [
            name
            for name, packages in formats.items()
            if all(importlib.util.find_spec(p) for p in packages)
        ]
        raise ImportError(
            f"`format` must be one of {others}, or `pip install {' '.join(missing)}`, "
            f"which {format!r} takes here. Received: format={format!r}"
        )


class _Exported(keras.Model):
    """What Keras exports: a function of one tensor or two, with its weights."""

    def __init__(self, model, network, call, weights):
        super().__init__(name=network.name, dtype="float32", autocast=False)
        self.network = network
        self._function = _Function(model, call, weights)
        self.built = True

    def call(self, x, labels=None):
        return self._function(x if labels is None else (x, labels))

    def build(self, input_shape=None):
        """Does nothing: every variable exists."""


class _Function:
    """A call with the averages in the place of weights (which Keras does not track)."""

    def __init__(self, model, call, weights):
        self.model, self.run, self.weights = model, call, weights

    def __call__(self, inputs):
        with averages.scope(self.model, self.weights):
            return self.run(inputs, training=False)
