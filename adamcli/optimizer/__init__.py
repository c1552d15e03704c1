"""Adam: the update, its hyperparameters, the loop over steps, and what comes out."""
