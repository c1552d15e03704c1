"""The methods, their hyperparameters, the loop over steps, bounds, and what comes out."""
