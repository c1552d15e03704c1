"""Hostile inputs: made by a grammar, or from good ones by changes; nothing but our errors may come.

`make fuzz` runs many of them, `python -m tests.fuzz COUNT SEED` as many as are asked for.
"""
