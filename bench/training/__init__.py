"""Training of the models the package ships; see :mod:`bench.training.names`."""
