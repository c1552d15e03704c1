"""Objectives: formulas with derived gradients, Python functions, and differences between values."""
