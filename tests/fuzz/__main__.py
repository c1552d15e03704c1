"""`python -m tests.fuzz COUNT SEED`: tries so many inputs, and shows those that break something."""

from __future__ import annotations

import resource
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from random import Random

from adamcli.config.expectations import over_fields, parse_expectations, result_fields
from adamcli.config.load import parse_config, read_config
from adamcli.config.sweep import read_plan
from adamcli.errors import AdamcliError
from adamcli.examples import Known
from adamcli.experiment import run_config
from adamcli.objective.variables import Variables
from adamcli.sweeps.variations import SweepOptions, vary
from tests.fuzz.commands import fuzz_commands
from tests.fuzz.inputs import CONFIGS, EXPECTATIONS, PARAMETERS, PLANS, TABLES, Maker
from tests.fuzz.stores import fuzz_stores

FIELDS = result_fields(Known(Variables([("x", ()), ("w", (2,))])))

STORES = 10
"""One store is tried for so many other inputs; it takes as long as these."""

COMMANDS = 50
"""One command is tried for so many other inputs."""

MEMORY = 4 * 10**9
"""The most bytes of memory that all may take which reads stores."""

STEPS = 50
"""No run takes more steps: an input may ask for many."""


def run(text: str, folder: Path) -> None:
    """Check a config and take a few steps of it."""
    config = parse_config(text, folder=folder)
    if config.n_iter <= STEPS and config.variables.dim <= 1000:
        run_config(config)


def sweep(text: str, parameter: str, folder: Path) -> None:
    """Vary a config."""
    file = read_config(text, folder=folder)
    variations = vary(file, SweepOptions((parameter,), samples=3))
    if variations.plan.size <= 20 and variations.first.n_iter <= STEPS:
        import numpy as np

        variations.compute(np.arange(min(3, variations.plan.size)))


def data(name: str, raw: bytes, folder: Path) -> None:
    """Read a file of data."""
    (folder / name).write_bytes(raw)
    columns = f"data: {name}\n" if name.endswith("csv") else f"data: {{X: {name}:X, y: {name}:y}}\n"
    run(f"objective: sum(y)*x\nbounds: {{x: [0, 1]}}\n{columns}n_iter: 1\n", folder)


def trials(maker: Maker, folder: Path):
    """Return what is tried: each a function that tries one input, and describes it."""
    table, plan = maker.of(TABLES), maker.of(PLANS)
    expectation, parameter = maker.of(EXPECTATIONS), maker.of(PARAMETERS)

    def tried(function, *made):
        return lambda: (function, *(make() for make in made))

    return [
        tried(lambda text: run(text, folder), maker.config),
        tried(lambda text: run(text, folder), maker.config),
        tried(
            lambda formula: run(
                f"objective: {formula!r}\nbounds: {{x: [0, 1]}}\nn_iter: 2", folder
            ),
            maker.formula,
        ),
        tried(
            lambda text: parse_config(CONFIGS[0], overrides=[text]),
            maker.of(("alpha=0.1", "bounds.x=[0,1]", "objective=x", "start.x=1", "n_iter=2")),
        ),
        tried(lambda text: sweep(CONFIGS[0], text, folder), parameter),
        tried(lambda text: read_plan(text, "plan.csv"), plan),
        tried(lambda text: over_fields(parse_expectations([text]), FIELDS), expectation),
        tried(lambda raw: data("d.npz", raw, folder), maker.archive),
        tried(lambda text: data("d.csv", text.encode("utf-8", "replace"), folder), table),
    ]


def fuzz(count: int, seed: int) -> list[str]:
    """Try so many inputs, and return the tracebacks of those that broke something."""
    found: list[str] = []
    maker = Maker(seed)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        kinds = trials(maker, Path(folder))
        for _ in range(count):
            function, *made = maker.random.choice(kinds)()
            try:
                function(*made)
            except AdamcliError as error:
                text = str(error)
                if any(ord(c) < 32 and c != "\n" for c in text):
                    found.append(f"{made!r}\ncontrol characters in {text!r}")
            except Exception:
                found.append(f"{made!r}\n{traceback.format_exc(limit=-6)}")
    return found


def main() -> None:
    count, seed = (int(text) for text in [*sys.argv[1:], "10000", "0"][:2])
    stores, commands = count // STORES + 1, count // COMMANDS + 1
    found = fuzz(count, seed)
    # What fills the memory is a fault as well.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        found += fuzz_stores(stores, Random(seed), Path(folder))
        found += fuzz_commands(commands, Maker(seed), Path(folder))
    for text in found[:20]:
        print(text, "\n")
    tried = f"{count:,} inputs, {stores:,} stores and {commands:,} commands"
    print(f"{tried} from seed {seed}: {len(found)} broke something")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
