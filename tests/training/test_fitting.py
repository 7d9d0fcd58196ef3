"""What surrounds the step."""

from tests.tiny_gan import tiny_gan


def test_the_state_that_jax_trains_is_not_searched_for_variables():
    """Keras sets it at every step, and would make it a tracked copy each time."""
    model = tiny_gan()
    state, before = {"metrics_variables": [model.steps]}, len(model.variables)
    model._jax_state = state
    assert model._jax_state is state
    assert len(model.variables) == before
