"""Methods, hyperparameters, bounds, the loop over steps, and its results."""
