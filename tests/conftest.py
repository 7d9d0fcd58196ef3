"""Settings of all tests: one seed, no surprises from the machine."""

import gc
import importlib
import os
import pathlib
import shutil
import signal
import tempfile

# Nearly all time goes into compiling what then runs for milliseconds: compile it
# fast, and on JAX once for all workers and processes of the tests.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
    " --xla_llvm_disable_expensive_passes=true"
    " --xla_cpu_parallel_codegen_split_count=1",
)
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR",
    str(pathlib.Path(__file__).parents[1] / ".pytest_cache" / "jax"),
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

EAGER_FOLDERS = {"autoencoders", "autoregressive", "gans", "explore"}
# What JAX would compile for seconds, and what models are made of: `keras.ops` alone.
PURE_FOLDERS = {"layers", "losses", "networks"}


def pytest_addoption(parser):
    text = "run on this backend also what PyTorch alone runs otherwise"
    parser.addoption("--everything", action="store_true", help=text)


def pytest_configure(config):
    # Before warnings become errors. What only hands out tests to workers needs none.
    if hasattr(config, "workerinput") or not config.getoption("tx", None):
        keras = importlib.import_module("keras")
        seeds = importlib.import_module("kerasgen.backend.seeds")
        keras.utils.set_random_seed = seeds.set_random_seed  # no import of TensorFlow
    if not hasattr(config, "workerinput"):  # see `tests/processes.py`
        os.environ["KERASGEN_TESTS_ZYGOTE"] = tempfile.mkdtemp()


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop("KERASGEN_TESTS_ZYGOTE"))


def pytest_collection_finish():
    # A million objects of imported modules, which each collection would walk through.
    gc.collect()
    gc.freeze()


def _runs_on_every_backend(item):
    """Returns whether TensorFlow and JAX run a test, or PyTorch alone.

    What a backend has no part in, and what is a fact of one model or of what is read
    from it, is seen once, where it is cheapest: models hold no code of a backend, the
    contract runs everywhere, and `test_cross_backend.py` ties their losses, gradients
    and samples together. Of each kind of model one has all of its tests everywhere. So
    with layers and losses, which TensorFlow runs as well: but for what draws, keeps a
    state, loops, or has gradients of gradients, of the marker `every_backend`.
    """
    import keras

    from tests.eagerly import REPRESENTATIVES

    for marker in item.iter_markers():  # its own first, then its file's
        if marker.name in ("every_backend", "any_backend"):
            return marker.name == "every_backend"
    folder, model = item.path.parent.name, item.path.stem.removeprefix("test_")
    if folder in PURE_FOLDERS:
        return keras.backend.backend() != "jax"
    if folder not in EAGER_FOLDERS or f"{folder}/{model}" in REPRESENTATIVES:
        return True
    return item.name.startswith("test_contract")


def pytest_collection_modifyitems(config, items):
    import keras

    if keras.backend.backend() == "torch" or config.getoption("everything"):
        return
    skip = pytest.mark.skip(reason="PyTorch runs it, and each backend by --everything")
    for item in items:
        if not _runs_on_every_backend(item):
            item.add_marker(skip)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    # The facts of models are seen eagerly on TensorFlow, but for those of the marker
    # `compiled`; a hook and no fixture, so that module fixtures are run so as well.
    from tests.eagerly import eagerly

    folder = item.path.parent.name
    with eagerly(folder in EAGER_FOLDERS and not item.get_closest_marker("compiled")):
        return (yield)


@pytest.fixture(autouse=True, scope="module")
def _collect():
    # Models are cycles. To free thousands of compiled functions at once takes far
    # longer than a few at a time, and until then their memory stays mapped. What is
    # left are caches, JAX's above all: to walk through them again takes seconds.
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _seed():
    import keras

    keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def _signals():
    # A shell lets what it starts in the background ignore Ctrl-C, and kerasgen then
    # does so as well.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)
