"""Variables of a layer in an order that freezing does not change."""


def made_trainable(layer):
    """Returns the variables that a layer made to be trained, whatever is frozen now."""
    made = {
        id(v) for part in layer._flatten_layers() for v in part._trainable_variables
    }
    return [variable for variable in layer.variables if id(variable) in made]


def made_fixed(layer):
    """Returns all its other variables: statistics, counters, seeds."""
    made = {id(variable) for variable in made_trainable(layer)}
    return [variable for variable in layer.variables if id(variable) not in made]
