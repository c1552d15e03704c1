"""Fits: least squares from a batch of starts, and what a fit says about its parameters."""
