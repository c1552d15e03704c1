"""The result of a run, for Python, JSON, summaries and expectations, and its provenance."""

from __future__ import annotations

from functools import cached_property
from math import nan
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from adamcli.arrays import Coordinates
from adamcli.counted import counted
from adamcli.errors import UsageError
from adamcli.fields import RUN_FIELDS, Kind, json_text, nested, numbers_of
from adamcli.listed import listed
from adamcli.names import normal
from adamcli.optimizer.pushed import Pushed
from adamcli.paths import with_more

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from adamcli.config.model import Config
    from adamcli.fields import Field, Path
    from adamcli.fit.prediction import Prediction
    from adamcli.fit.statistics import Fit
    from adamcli.objective.variables import Variables
    from adamcli.optimizer.result import BatchResult, Divergence, Point, Record
    from adamcli.optimizer.stopping import Rule
    from adamcli.optimizer.verdict import Verdict


class NamedArray(np.ndarray[Any, np.dtype[np.float64]]):
    """A flat point (dim,) that also knows its variables by name.

    `point["W"]` is the variable `W` in its shape, a float if that is (). Arrays computed from a
    point are plain ones.
    """

    _variables: Variables | None = None

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return np.asarray(self)[key]
        variables = self._variables.by_name if self._variables is not None else {}
        key = normal(key)
        if key not in variables:
            raise KeyError(f"{key!r} is not a variable; known: {', '.join(variables)}")
        variable = variables[key]
        part = np.asarray(self)[variable.offset : variable.offset + variable.size]
        return part.reshape(variable.shape) if variable.shape else float(part[0])


class Outcome:
    """What running and solving a config have in common: a best point, and fields to show.

    `x` and `fun` are those of the best point, and `result["y"]` is the variable `y` there, in its
    shape. `saved` is the file that holds the best point as arrays, if one was written. Outcomes are
    equal if all fields but the duration are.
    """

    fields: ClassVar[tuple[Field, ...]]
    config: Config
    best: Point
    saved: str | None = None

    @property
    def fun(self) -> float:
        """The score of the best point."""
        return self.best.score

    @property
    def x(self) -> NamedArray:
        """The best point (dim,); `x["W"]` is the variable `W` in its shape."""
        point = np.array(self.best.x, dtype=float).view(NamedArray)
        point._variables = self.config.variables
        return point

    @cached_property
    def fit(self) -> Fit | None:
        """What the fit at the best point says, if the objective compares residuals with data."""
        config = self.config
        residuals = config.fitted
        if residuals is None or not np.isfinite(self.best.score):
            return None
        from adamcli.fit.statistics import fit_at

        names, x = config.variables.coordinate_names(), np.asarray(self.best.x, dtype=float)
        return fit_at(residuals, x, names, config.bounds.box)

    def predict(self, at: Mapping[str, Any] | None = None) -> Prediction:
        """Return what the fit says of its data, or of new rows: `at` has their columns by name.

        Raises `UsageError` if the objective is no fit, or a column is missing.
        """
        from adamcli.config.headers import by_name
        from adamcli.fit.prediction import predict

        config = self.config
        if config.fitted is None:
            raise UsageError("expected a fit, but the objective is no least squares of data")
        return predict(config.fitted, np.array(self.best.x), config.bounds.box, at and by_name(at))

    def evaluate(
        self, show: str | Iterable[str], data: str | PathLike[str] | Mapping[str, Any] | None = None
    ) -> Any:
        """Return what an expression of the lines of the formula is at the best point.

        `show` and `data` are those of `adamcli.evaluate`.
        """
        from adamcli.config.weights import Weights
        from adamcli.evaluation import evaluate_at

        config = self.config
        assert config.file is not None
        parts = config.variables.split(np.array(self.best.x, dtype=float))
        arrays = dict(zip(config.variables.by_name, parts, strict=True))
        known = {matrix.name: matrix for matrix in config.matrices}
        return evaluate_at(config.file, show, Weights("the result", arrays, known), data)

    def plot(self, kind: str | None = None, *, ax: Axes | None = None, **settings: Any) -> Figure:
        """Return a figure of the result; `kind` and the `settings` are those of `adamcli.plot`."""
        from adamcli import plot

        return plot(self, kind, ax=ax, **settings)

    def numbers(self, wanted: Collection[str] | None = None) -> dict[str, float]:
        """Return all numbers that expectations may name; of points only those that are `wanted`."""
        variables = self.config.variables
        own = numbers_of(self.fields, lambda field: field.of(self), variables, wanted)
        return with_more(own, self.to_dict, wanted)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields, with points by their variables, and the provenance.

        Of a variable of more than 10,000 numbers there is a summary.
        """
        values: list[tuple[Path, Any]] = []
        for field in self.fields:
            path, value = tuple(field.name.split(".")), self._listed(field)
            if field.kind is Kind.MEASURES:
                values += [((*path, name), number) for name, number in value.items()]
            else:
                values.append((path, value))
        found = nested(values)
        done = {each.name: each.to_dict() for each in self.config.standardized}
        return {**found, **({"standardized": done} if done else {}), **provenance(self.config)}

    def _listed(self, field: Field) -> Any:
        """Return a field as JSON has it."""
        value = field.of(self)
        if field.kind is not Kind.POINT:
            return value
        file = self.saved if field.name == "best.x" else None
        return listed(self.config.variables, value, file)

    def to_json(self) -> str:
        """Return `to_dict` as strict JSON; a number that is not finite is null."""
        return json_text(self.to_dict())

    def __getitem__(self, name: str) -> Any:
        return self.x[name]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return all(
            _same(field.of(self), field.of(other))
            for field in self.fields
            if field.name != "seconds"
        )

    def _shown(self) -> str:
        """Return the best point and its score in short."""
        names = [variable.name for variable in self.config.variables.all]
        shown = [f"{name}={_brief(self[name])}" for name in names[:4]]
        point = ", ".join([*shown, *(["..."] if len(names) > 4 else [])])
        return f"f({point}) = {self.fun:.6g}"


class Result(Outcome):
    """The result of one run, with the names of SciPy.

    `start`, `best` and `last` are points, each with its
    step `t`, flat `x` and `score`; `closing` is the last one after a success, else None.
    `nit` counts updates, `nfev` and `njev` evaluations of the function and its gradient. `gradient`
    is that of the user's function at the last point. `success` says whether all steps were taken or
    a stopping rule ended the run; that one is `rule`, else None. `seconds` is the run's duration.
    `history` holds a `Record` of every step if requested, else None.
    """

    fields = RUN_FIELDS

    def __init__(
        self,
        batch: BatchResult,
        run: int,
        config: Config,
        seconds: float = nan,
        history: Sequence[Record] | None = None,
        verdict: Verdict | None = None,
    ) -> None:
        self.config = config
        self.status = batch.status_of(run)
        self.success = self.status.success
        names = config.variables.coordinate_names()
        self.message = batch.message_of(run, config.n_iter, names, config.stop)
        self.rule: Rule | None = batch.rule_of(run, config.stop)
        self.start: Point = batch.start.at(run)
        self.best: Point = batch.best.at(run)
        self.last: Point = batch.last.at(run)
        self.closing = self.last if self.success else None
        self.gradient = Coordinates(np.ascontiguousarray(batch.gradient[:, run]))
        self.nit, self.nfev, self.njev = (int(n[run]) for n in (batch.nit, batch.nfev, batch.njev))
        self.divergence: Divergence | None = batch.divergences.get(run)
        self.seconds = seconds
        self.history = history
        self.verdict = verdict or self._unjudged()

    @staticmethod
    def _unjudged() -> Verdict:
        from adamcli.optimizer.status import Code
        from adamcli.optimizer.verdict import Verdict

        return Verdict(Code.UNKNOWN, "the run was not judged")

    @cached_property
    def active_bounds(self) -> Mapping[str, str]:
        """The coordinates whose last point is pushed against its `lower` or `upper` bound."""
        config = self.config
        gradient = config.direction.sign * np.asarray(self.gradient)
        low, high = config.bounds.active(np.asarray(self.last.x), gradient)
        return Pushed(config.variables.coordinate_names(), low, high)

    @property
    def stop(self) -> dict[str, str] | None:
        """The code and the text of the stopping rule that ended the run, if one did."""
        return self.rule and {"code": self.rule.code, "rule": self.rule.text}

    def measured(self, point: Point) -> dict[str, float]:
        """Return what was measured at a point besides its score, by name."""
        return dict(zip(self.config.measures, point.measures, strict=True))

    @property
    def converged(self) -> bool:
        """Whether a stopping rule ended the run."""
        return self.rule is not None

    def described_divergence(self) -> dict[str, Any] | None:
        """Return `divergence` by the names of coordinates and variables."""
        found = self.divergence
        if found is None:
            return None
        names = self.config.variables.coordinate_names()
        return {
            "t": found.t,
            "quantity": found.quantity,
            "coordinate": None if found.coordinate is None else names[found.coordinate],
            "value": repr(found.value),
            "x": listed(self.config.variables, found.x),
        }

    def __repr__(self) -> str:
        return f"<Result {self.status.value}: {self._shown()}, {counted(self.nit, 'step')}>"


def _same(a: Any, b: Any) -> bool:
    """Return whether two values are the same; NaN is, and -0.0 is not the same as 0.0."""
    if isinstance(a, Coordinates) and isinstance(b, Coordinates):
        known = ~np.isnan(a)
        return a == b and np.array_equal(np.signbit(a)[known], np.signbit(b)[known])
    return repr(a) == repr(b)


def _brief(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if value.size > 4:
        return f"array of shape {value.shape}"
    return str(np.array2string(value, precision=6, separator=", ")).replace("\n", "")


def hash_of(value: Any) -> str:
    """Return the SHA-256 of `value` as JSON."""
    import json
    from hashlib import sha256

    text = json.dumps(value, sort_keys=True, default=str)
    return "sha256:" + sha256(text.encode()).hexdigest()


def provenance(config: Config) -> dict[str, Any]:
    """Return the resolved config, its hash, the file it is from if any, and `environment`."""
    resolved = config.resolved()
    name = None if config.name.startswith("<") else config.name
    return {
        "config": resolved,
        "config_hash": hash_of(resolved),
        "config_file": name,
        **environment(),
    }


def environment() -> dict[str, Any]:
    """Return all that last digits may depend on: versions, platform, processor and BLAS.

    `processor` has the groups of features that NumPy uses, by which it chooses its kernels.
    """
    import platform

    import numpy as np

    from adamcli.version import __version__

    built: Any = np.show_config(mode="dicts")
    features = built.get("SIMD Extensions", {})
    blas = built.get("Build Dependencies", {}).get("blas", {})
    return {
        "versions": {
            "adamcli": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
        "platform": f"{platform.system()}-{platform.machine()}",
        "processor": " ".join([*features.get("baseline", []), *features.get("found", [])]),
        "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
    }
