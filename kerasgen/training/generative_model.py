"""The base class of every model: its phases and the one training step."""

import keras

from kerasgen import arguments, backend, features
from kerasgen.backend.names import OwnNames
from kerasgen.backend.seeds import SeedGenerator
from kerasgen.training import averages
from kerasgen.training.fitting import Fitting
from kerasgen.training.freezing import Freezing
from kerasgen.training.phase_optimizer import PhaseOptimizer, resolve_players
from kerasgen.training.phases import Phase, check_owners, refuse_losses
from kerasgen.training.saving import Saving
from kerasgen.training.stages import Stages
from kerasgen.training.stepping import Stepping, handed_on


class GenerativeModel(
    Stages,
    Fitting,
    Stepping,
    Freezing,
    Saving,
    backend.Trainer,
    keras.Model,
    metaclass=OwnNames,
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
    earlier_class = None  # name of the class of which this was a form in old files

    def __init__(self, seed=None, name=None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype, **kwargs)
        self._received = averages.Untracked(seed=seed, name=name, dtype=dtype)
        self.seed = arguments.check_seed(seed)
        self.seed_generator = SeedGenerator(self.seed)
        self.steps = self._add_state("steps")
        self._phases, self._trained = averages.Untracked(), None
        self._scalars = {}
        self._fields, self._joined = None, ()
        self.carried = averages.Untracked()
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

    def set_fields(self, x, y=None):
        """Declares what a batch `(x,)` or `(x, y)` holds.

        A model of images alone, or of points, and of classes need not: its fields
        follow from `image_shape`, `num_classes` and `condition_shape`.

        Args:
            x: `kerasgen.features.Feature`, or a dict of them by name: what is modelled.
            y: as `x`, or None: what it is conditioned on.
        """
        self._fields = features.Fields(x, y)

    @property
    def fields(self):
        """`kerasgen.features.Fields`: what a batch holds."""
        if self._fields is not None:
            return self._fields
        if len(self.image_shape) == 3:
            x = features.Image(self.image_shape, self.data_range)
        else:
            x = features.Tensor(self.image_shape)
        if self.condition_shape is not None:
            return features.Fields(x, features.Image(self.condition_shape))
        if self.num_classes is not None:
            labels = features.ClassLabel(self.num_classes, self.allows_unlabeled)
            return features.Fields(x, labels)
        return features.Fields(x)

    def add_phase(self, name, networks, scalars=("loss",), updates=1, shared=()):
        """Declares a player: what it owns, logs, and how often it moves in a step.

        Args:
            name: str, such as `"discriminator"`.
            networks: layer or list of layers, whose weights it owns, frozen or not.
            scalars: names that `compute_losses` returns for it; the first is
                `"loss"`.
            updates: int. Updates in one step, each on a fresh batch where the data
                is a `kerasgen.data.Dataset` or arrays.
            shared: layer or list of layers that earlier phases own, which this one
                moves as well, by optimizer slots of its own.
        """
        arguments.check_int("updates", updates)
        bad = self._add_state(f"{name}_first_bad_step", -1)
        phase = Phase(name, networks, tuple(scalars), updates, bad, shared)
        self._phases[name] = check_owners(phase, self._phases.values())
        self.built = True  # every variable exists after `__init__`
        prefixed = len(self._phases) > 1
        if prefixed and len(self._phases) == 2:
            first = next(iter(self._phases.values()))
            self._scalars = {
                key: keras.metrics.Mean(key) for key in first.log_names(True)
            }
        for key in self._phases[name].log_names(prefixed):
            self._scalars[key] = keras.metrics.Mean(key)

    def join_phases(self, *phases):
        """Has phases move at once: their gradients are those at one point.

        Without it each phase sees what those before it have moved in the same step.

        Args:
            *phases: names of phases with the same number of updates.
        """
        updates = {p: self._phases[p].updates for p in phases if p in self._phases}
        joined = {phase for others in self._joined for phase in others}
        if len(updates) != len(phases) or len(phases) < 2 or joined & set(phases):
            raise ValueError(
                "`phases` must name two phases or more, each once, that are declared "
                f"and not joined yet. Received: phases={phases}"
            )
        if len(set(updates.values())) > 1:
            raise ValueError(
                f"`phases` must be updated equally often. Received: updates={updates}"
            )
        self._joined = (*self._joined, phases)

    def compute_joint_losses(self, phases, x, labels, training):
        """Returns the scalars of joined phases, a dict by phase.

        Override it where they come from one pass through the networks; as it is, it
        calls `compute_losses` for each. Or a tuple, as `compute_losses` returns it.

        Args:
            phases: tuple of str, as given to `join_phases`.
            x, labels, training: as in `compute_losses`.
        """
        found, carried = {}, {}
        for phase in phases:
            found[phase], more = handed_on(
                self.compute_losses(phase, x, labels, training)
            )
            carried.update(more)
        return found, carried

    def compute_losses(self, phase, x, labels, training):
        """Returns the scalars of one phase as a dict; `"loss"` is minimised.

        Or a tuple: that dict, and a dict of tensors that later phases of the same step
        find in `self.carried`, as constants.

        Args:
            phase: str, name of the phase.
            x: float tensor of images in `data_range`, `(batch, h, w, c)`; a dict of
                tensors where the fields are named.
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
        """Maps data as users give it, images to `data_range`, for the networks."""
        return features.over(self.fields.x, "prepare", x)

    @property
    def conditional(self):
        """bool. Whether the model takes labels, or images in their place."""
        return self.fields.y is not None

    @property
    def decoder_classes(self):
        """int or None. Classes of the labels that images are made from."""
        return self.num_classes

    def _prepare_labels(self, labels):
        """Maps conditions to what networks see, images to float32 in `[0, 1]`."""
        if self.fields.y is None or labels is None:
            return labels
        return features.over(self.fields.y, "prepare", labels)

    def to_images(self, x):
        """Maps what networks make to what users get, `data_range` to `[0, 1]`."""
        return features.over(self.fields.x, "finish", x)

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
