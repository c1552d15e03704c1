"""The search for the lowest minimum in a box: rounds of descents from many starts."""
