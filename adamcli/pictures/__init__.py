"""Pictures of runs, searches, fits and sweeps.

A picture is made in two halves that know nothing of each other. A kind (`KINDS` in `kinds.py`)
turns a `Subject`, what is known of a result, into a `Picture`: panels with axes and marks, in plain
numbers. A drawer turns a `Picture` into a file, a page or text for a terminal.
"""
