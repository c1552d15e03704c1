"""The benchmarks drive sweeps from the inside, where no other test would see them break."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_benchmark_of_a_sweep_runs_and_prints_its_seconds():
    program = ROOT / "tests/benchmarks/own_sweep.py"
    command = [sys.executable, program, "1", "configs/article.yaml", "seed=0..9"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert float(ran.stdout) > 0
