"""The base class of every model: its phases and the one training step."""

import keras
from keras import ops

from kerasgen import backend
from kerasgen.backend.names import OwnNames
from kerasgen.training import arguments, averages
from kerasgen.training.fitting import Fitting
from kerasgen.training.freezing import Freezing
from kerasgen.training.phase_optimizer import PhaseOptimizer, resolve_players
from kerasgen.training.phases import Phase, refuse_losses
from kerasgen.training.saving import Saving
from kerasgen.training.seeds import SeedGenerator


class GenerativeModel(
    Fitting, Freezing, Saving, backend.Trainer, keras.Model, metaclass=OwnNames
):
    """Base class of all models.

    A model declares its phases (players) with `add_phase` and returns their named
    scalars from `compute_losses`; this class differentiates, updates, logs, saves.
    (The method is not called `losses`, which in Keras is the list of `add_loss`
    terms; those of the phase's networks are added to its `"loss"`.)

    Args:
        seed: int or None. Seed of all that the model draws while training.
        name: str or None.
        dtype: dtype policy or None.

    Input: `uint8` images, or floats in `[0, 1]`, channels last.
    """

    data_range = (0.0, 1.0)  # what `preprocess` maps images to
    image_shape = None
    num_classes = None
    allows_unlabeled = False  # whether the label -1, for none, is taken
    condition_shape = None  # of the images that stand in the place of labels

    def __init__(self, seed=None, name=None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype, **kwargs)
        self._received = averages.Untracked(seed=seed, name=name, dtype=dtype)
        self.seed = arguments.check_seed(seed)
        self.seed_generator = SeedGenerator(self.seed)
        self.steps = self._add_state("steps")
        self._phases, self._trained = averages.Untracked(), None
        self._scalars = {}
        self._init_fitting()

    def _add_state(self, name, value=0, dtype="int32"):
        return self.add_weight(
            name=name,
            shape=(),
            dtype=dtype,
            trainable=False,
            initializer=keras.initializers.Constant(value),
            aggregation="only_first_replica",
        )

    # === What a model declares ===

    def add_phase(self, name, networks, scalars=("loss",), updates=1):
        """Declares a player: what it owns, logs, and how often it moves in a step.

        Args:
            name: str, such as `"discriminator"`.
            networks: layer or list of layers, whose weights it owns, frozen or not.
            scalars: names that `compute_losses` returns for it; the first is
                `"loss"`.
            updates: int. Updates in one step, each on a fresh batch where the data
                is a `kerasgen.data.Dataset` or arrays.
        """
        networks = networks if isinstance(networks, (list, tuple)) else [networks]
        arguments.check_int("updates", updates)
        bad = self._add_state(f"{name}_first_bad_step", -1)
        self._phases[name] = Phase(name, tuple(networks), tuple(scalars), updates, bad)
        self.built = True  # every variable exists after `__init__`
        prefixed = len(self._phases) > 1
        if prefixed and len(self._phases) == 2:
            first = next(iter(self._phases.values()))
            self._scalars = {
                key: keras.metrics.Mean(key) for key in first.log_names(True)
            }
        for key in self._phases[name].log_names(prefixed):
            self._scalars[key] = keras.metrics.Mean(key)

    def compute_losses(self, phase, x, labels, training):
        """Returns the scalars of one phase as a dict; `"loss"` is minimised.

        Args:
            phase: str, name of the phase.
            x: float tensor of images in `data_range`, `(batch, h, w, c)`.
            labels: int tensor `(batch,)`, or None; for a model with a
                `condition_shape`, float images in `[0, 1]`.
            training: bool.
        """
        raise NotImplementedError

    def default_optimizers(self):
        """Returns the paper's optimizers, a dict by phase."""
        raise NotImplementedError

    def averaged_networks(self):
        """Returns the networks that `ModelAverage` averages."""
        return [n for phase in self._phases.values() for n in phase.networks]

    # === The training step ===

    @property
    def phases(self):
        """Names of the players in the order of their updates."""
        return tuple(self._phases)

    def preprocess(self, x):
        """Maps images (`uint8`, or floats in `[0, 1]`) to `data_range`."""
        scale = 255.0 if "int" in keras.backend.standardize_dtype(x.dtype) else 1.0
        low, high = self.data_range
        return ops.cast(x, "float32") * ((high - low) / scale) + low

    @property
    def conditional(self):
        """bool. Whether the model takes labels, or images in their place."""
        return self.num_classes is not None or self.condition_shape is not None

    @property
    def decoder_classes(self):
        """int or None. Classes of the labels that images are made from."""
        return self.num_classes

    def _prepare_labels(self, labels):
        """Maps images in the place of labels to float32 in `[0, 1]`."""
        if self.condition_shape is None or labels is None:
            return labels
        integer = "int" in keras.backend.standardize_dtype(labels.dtype)
        return ops.cast(labels, "float32") / (255.0 if integer else 1.0)

    def to_images(self, x):
        """Maps `data_range` to float32 images in `[0, 1]`."""
        low, high = self.data_range
        return ops.clip((ops.cast(x, "float32") - low) / (high - low), 0.0, 1.0)

    def draw_seed(self, training):
        """Returns the seed of one draw: it moves on in training, never else."""
        return self.seed_generator if training else self._evaluation_seeds.next()

    def train_step(self, *args):
        return backend.run_train_step(self, self._train_step, *args)

    def test_step(self, *args):
        return backend.run_test_step(self, self._test_step, *args)

    def _train_step(self, data):
        x, labels = self.shaped(*keras.utils.unpack_x_y_sample_weight(data)[:2])
        for phase in self._phases.values():
            for i in range(phase.updates):
                self.update(phase.name, *self._part(i, x, labels))
        self.steps.assign(self.steps + 1)
        averages.update(self)
        return self._logs()

    def _part(self, i, x, labels):
        """Returns batch `i` of those that one step of a fit draws together."""
        count = self.batches_per_step
        if count > 1:  # strided, so that replicas split every batch alike
            x = x[i % count :: count]
            labels = None if labels is None else labels[i % count :: count]
        return self.preprocess(x), self._prepare_labels(labels)

    def update(self, phase, x, labels):
        """Makes one update of one phase. Override for a gate or a controller."""

        def loss_fn():
            loss, scalars = self._phase_losses(phase, x, labels, training=True)
            loss = loss / backend.num_replicas()
            return self.optimizer.scale_phase_loss(phase, loss), scalars

        variables = self.trained_variables(phase)
        (_, scalars), gradients = backend.value_and_grad(loss_fn, variables)
        with backend.no_gradient():
            self.optimizer.apply_phase(phase, gradients, variables)
            self._record(phase, x, scalars)
            bad = self._phases[phase].first_bad_step
            known = ops.logical_or(ops.isfinite(scalars["loss"]), bad.value >= 0)
            bad.assign(ops.where(known, bad.value, self.steps.value))

    def _phase_losses(self, phase, x, labels, training):
        self._clear_losses()
        scalars = dict(self.compute_losses(phase, x, labels, training))
        if tuple(scalars) != self._phases[phase].scalars:
            raise ValueError(
                "`compute_losses` must return the scalars that `add_phase` declares, "
                f"{self._phases[phase].scalars}. Received: {tuple(scalars)}"
            )
        added = [x for n in self._phases[phase].networks for x in n.losses]
        scalars = {key: ops.cast(x, "float32") for key, x in scalars.items()}
        for loss in added:
            scalars["loss"] = scalars["loss"] + ops.cast(loss, "float32")
        self._clear_losses()
        return scalars["loss"], scalars

    def _test_step(self, data):
        x, labels = self.shaped(*keras.utils.unpack_x_y_sample_weight(data)[:2])
        x, labels = self.preprocess(x), self._prepare_labels(labels)
        seen = ops.cast(self.metrics[0].count.value, self.seed_generator.state.dtype)
        with self._evaluation_seeds.batch(seen):
            for phase in self._phases:
                _, scalars = self._phase_losses(phase, x, labels, training=False)
                self._record(phase, x, scalars)
        return self._logs()

    def _record(self, phase, x, scalars):
        declared = self._phases[phase]
        names = declared.log_names(len(self._phases) > 1)
        for name, key in zip(names, declared.scalars, strict=True):
            # By key: JAX returns dicts sorted.
            self._scalars[name].update_state(scalars[key], ops.shape(x)[0])

    def _logs(self):
        return {name: scalar.result() for name, scalar in self._scalars.items()}

    @property
    def metrics(self):
        return list(self._scalars.values())

    # === compile ===

    def compile(
        self,
        optimizer=None,
        run_eagerly=False,
        jit_compile="auto",
        steps_per_execution=1,
        average_decay=None,
        **kwargs,
    ):
        """Prepares for training; with no argument, as in the paper.

        Args:
            optimizer: None (the paper's), one optimizer or its name for all phases,
                or a dict by phase, `{"generator": ...}`; phases left out keep the
                paper's.
            run_eagerly: bool. As in Keras.
            jit_compile: bool or `"auto"`. As in Keras.
            steps_per_execution: int. As in Keras; 1 on PyTorch.
            average_decay: float in [0, 1), or None. Keeps an exponential moving
                average of the sampling networks' weights, for `sample`, `predict` etc.
        """
        refuse_losses(kwargs)
        arguments.check_execution(run_eagerly, jit_compile, steps_per_execution)
        if steps_per_execution > 1 and keras.backend.backend() == "torch":
            raise ValueError(
                "`steps_per_execution` must be 1 on the PyTorch backend. "
                f"Received: steps_per_execution={steps_per_execution}"
            )
        if backend.num_replicas() > 1 and (
            jit_compile is True or steps_per_execution > 1
        ):
            raise ValueError(
                "`jit_compile` must not be True and `steps_per_execution` must be 1 "
                "under `tf.distribute`, where neither works. Received: "
                f"jit_compile={jit_compile}, steps_per_execution={steps_per_execution}"
            )
        self.settle_trained()
        players = resolve_players(optimizer, self.phases, self.default_optimizers())
        scaling = self.dtype_policy.name == "mixed_float16"
        phase_optimizer = PhaseOptimizer(players, loss_scaling=scaling)
        phase_optimizer.build({p: self.phase_variables(p) for p in self.phases})
        if average_decay is not None:
            arguments.check_decay("average_decay", average_decay)
            averages.enable(self, average_decay)
        elif averages.enabled(self):
            average_decay = float(self.average_decay.value)
        super().compile(
            optimizer=phase_optimizer,
            run_eagerly=run_eagerly,
            jit_compile=jit_compile,
            steps_per_execution=steps_per_execution,
            auto_scale_loss=False,
        )
        self._compile_arguments = averages.Untracked(
            run_eagerly=run_eagerly,
            jit_compile=jit_compile,
            steps_per_execution=steps_per_execution,
            average_decay=average_decay,
        )

    def enable_average(self, decay):
        """Keeps moving averages of the sampling networks from now on.

        Args:
            decay: float in [0, 1). Share of the old average kept at each step.
        """
        averages.enable(self, arguments.check_decay("decay", decay))
        if self.compiled:
            self._compile_arguments["average_decay"] = decay

    def build(self, input_shape=None):
        """Does nothing: every variable exists after the constructor."""
