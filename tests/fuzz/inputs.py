"""Makes inputs of every kind from random numbers."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

NAMES = ("x", "y", "W", "t", "a", "pi", "e", "q", "n_iter", "score", "α", "x.y", "len", "None")
NUMBERS = (
    *("0", "1", "-1", "2", "0.5", "1e-8", "1e308", "1e400", "-0.0", ".5", "5.", "1_000", "0x10"),
    *("nan", "inf", ".inf", "1e", "0,5", "9" * 400, "1e9999999999999999999", "true", "2j"),
)
FUNCTIONS = (
    *("sin", "exp", "log", "sqrt", "abs", "sum", "mean", "max", "min", "prod", "where", "outer"),
    *("reshape", "take", "onehot", "concat", "stack", "argmax", "cumsum", "norm", "zeros", "ones"),
    *("arange", "softplus", "logsumexp", "softmax", "clip", "dot", "matmul", "lgamma", "erf", "ln"),
)
OPERATORS = ("+", "-", "*", "/", "**", "@", "<", "==", " and ", " or ", "//", "%", "^", " if ")
WORDS = (
    *NAMES,
    *NUMBERS,
    *("[", "]", "{", "}", "(", ")", ":", ",", "'", '"', "#", "&a", "*a", "!!", "|", ">", "-", "\t"),
    *("\n", "\r\n", "  ", "\x00", "\x1b[31m", "é", "~", "low", "high", "shape", "init", "rows"),
)

CONFIGS = (
    "objective: (x - 1)**2 + y**2\nbounds: {x: [-1, 3], y: [0, 2]}\nalpha: 0.1\nn_iter: 3\n",
    (
        "objective: sum((W @ X - y)**2)\nbounds: {W: {low: -1, high: 1, shape: [2, 3]}}\n"
        "data: {X: [1, 2, 3], y: [1, 2]}\nn_iter: 2\nstop: {score: 1, patience: 5}\n"
    ),
    (
        "model: y ~ a*exp(-t/b) + c\nbounds: {a: [0, 5], b: [1, 9], c: [-1, 1]}\n"
        "data: {t: [0, 1, 2, 3], y: [3, 2, 1.5, 1]}\nsigma: 0.1\nloss: huber(1.5)\nn_iter: 2\n"
    ),
    (
        "objective: |\n  z = X @ w\n  mean((z - y)**2)\ndata: {X: [[1, 2], [3, 4], [5, 6]], "
        "y: [1, 2, 3]}\nbounds: {w: {shape: 2, init: glorot}}\nbatches: {rows: [X, y], size: 2, "
        "validation: 1}\nepochs: 2\nmetrics: {m: max(abs(z - y))}\n"
    ),
    (
        "objective: rastrigin\ndim: 3\nmethod: nadam\nalpha: 0.1/sqrt(t)\nn_iter: 2\nseed: 7\n"
        "bounds_mode: reflect\ndirection: maximize\nexpect: best.score < 5\n"
    ),
)
PARAMETERS = (
    *("alpha=0.1,0.2", "alpha=log(1e-3,1,5)", "seed=0..9", "x=lin(0,1,3)", "start.x=-1..1..0.5"),
    *(
        "alpha=uniform(0,1)",
        "method=adam,sgd",
        "constants.k=1,2",
        "batches.size=1,2",
        "n_iter=1..3",
    ),
)
EXPECTATIONS = ("best.score < 1", "0 <= best.x.x < 3", "status == converged", "nit == 3", "verdict")
PLANS = ("alpha,seed\n0.1,1\n0.2,2\n", "alpha\tn_iter\n0.1\t3\n", '"start.x","alpha"\n"0","1"\n')
TABLES = ("t,y\n0,1\n1,2\n", "a b\n1 2\n3 4\n", "x;y\n1;2\n", "# a b\n1 2\n", "t\n1\n\n2\n")


RESIDUALS = (
    *(
        "(y - m)",
        "(m - y)",
        "(y - a*exp(-t/b))",
        "(1 - m/y)",
        "((y - m)/s)",
        "(m/s - y/s)",
        "log(y/m)",
    ),
    *("(y - m)/2", "w*(y - m)", "where(t > 1, y - m, 0)", "(m[1:] - y[1:])", "abs(y - m)"),
)
SUMS = (
    *("sum({}**2)", "sum({}*{})", "mean({}**2)", "0.5*sum({}**2)", "sum({}**2)/2", "sum(s*{}**2)"),
    *(
        "sum({}**4)",
        "sqrt(mean({}**2))",
        "log(sum({}**2))",
        "norm({})",
        "dot({}, {})",
        "max({})**2",
    ),
)
JOINED = (
    *("{}", "-{}", "-(-{})", "1 - {}", "{} - 1", "{} + {}", "{}/{}", "sum(log(s)) + 0.5*{}"),
    *(
        "-sum(log(s)) - 0.5*{}",
        "1 - {}/sum((y - mean(y))**2)",
        "{} + 0.1*(a**2 + b**2)",
        "exp(-{})",
    ),
)
FIT = (
    "objective: |\n  m = a*exp(-t/b)\n  {}\nbounds: {{a: [0, 5], b: [{}, 9]}}\nn_iter: 2\n"
    "data: {{t: [0, 1, 2, 3], y: [3, 2, 1.5, {}], s: [0.1, 0.2, 0.1, {}]}}\ndirection: {}\n"
)
"""A formula, a bound, a value, its error and a direction are put in."""


class Maker:
    """Makes inputs; two with the same seed make the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one(self, items: Sequence[T]) -> T:
        """Return one of some texts, or of anything else."""
        return self.random.choice(items)

    def formula(self, depth: int = 0) -> str:
        """Return a formula by a grammar, which need not make sense."""
        kind = self.random.random()
        if depth > 4 or kind < 0.25:
            return self.one(NAMES + NUMBERS)
        if kind < 0.55:
            return f"({self.formula(depth + 1)}{self.one(OPERATORS)}{self.formula(depth + 1)})"
        if kind < 0.85:
            count = self.random.choice((1, 1, 1, 2, 3))
            inner = ", ".join(self.formula(depth + 1) for _ in range(count))
            axis = self.one(("", "", "", ", axis=0", ", axis=1", ", axis=-9"))
            return f"{self.one(FUNCTIONS)}({inner}{axis})"
        key = self.one(("0", "-1", ":", "1:", "None", "0, 0", "::2", "9", "x", ":, None"))
        return f"{self.formula(depth + 1)}[{key}]"

    def changed(self, text: str) -> str:
        """Return a text after some changes: characters and words put in, left out or doubled."""
        for _ in range(self.random.choice((1, 1, 2, 4))):
            at = self.random.randrange(len(text) + 1)
            end = min(len(text), at + self.random.choice((0, 1, 1, 3, 10)))
            new = self.one((self.one(WORDS), "", text[at:end] * 2, self.formula(3)))
            text = text[:at] + new + text[end:]
        return text

    def config(self) -> str:
        """Return a config."""
        text = self.one(CONFIGS)
        if self.random.random() < 0.4:
            return text.replace("(x - 1)**2", self.formula()).replace("(z - y)**2", self.formula())
        return self.changed(text)

    def fit(self) -> str:
        """Return a config whose objective is made of sums of squares, in one of many ways."""
        joined, one = self.one(JOINED), self.one

        def total() -> str:
            return one(SUMS).replace("{}", one(RESIDUALS))

        formula = joined.format(*(total() for _ in range(joined.count("{}"))))
        error, direction = one(("0.2", "0", "-1")), one(("minimize", "maximize"))
        return FIT.format(formula, one(("1", "0", "-1")), one(("1", "0")), error, direction)

    def archive(self) -> bytes:
        """Return an npz file with some of its bytes changed."""
        stream = io.BytesIO()
        arrays = {"X": np.arange(6.0).reshape(2, 3), "y": np.array([1, 2]), "s": np.array(["a"])}
        (np.savez if self.random.random() < 0.5 else np.savez_compressed)(stream, **arrays)
        raw = bytearray(stream.getvalue())
        for _ in range(self.random.choice((1, 1, 2, 8))):
            raw[self.random.randrange(len(raw))] = self.random.randrange(256)
        return bytes(
            raw[: self.random.choice((len(raw), len(raw), self.random.randrange(len(raw))))]
        )

    def of(self, texts: Sequence[str]) -> Callable[[], str]:
        """Return what makes changed ones of some texts."""
        return lambda: self.changed(self.one(texts))
