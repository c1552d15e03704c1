"""Sources of pictures: results, configs, and files of results, of rows and of sweeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path, PurePath
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcli.config.checking import checked
from adamcli.config.load import MAX_FROM_PYTHON, open_config, read_config, read_keys
from adamcli.config.model import Config, ConfigFile
from adamcli.errors import FileError, UsageError
from adamcli.files import decoded, read_bytes, resolved
from adamcli.listed import MOST_LISTED
from adamcli.optimizer.loop import Control
from adamcli.optimizer.result import Point
from adamcli.pictures.kinds import wished_kind
from adamcli.pictures.subject import Subject
from adamcli.plotting.subjects import (
    computed,
    needs_of,
    of_config,
    of_result,
    of_solution,
    of_sweep,
)
from adamcli.results import Result
from adamcli.solution import Solution
from adamcli.sweeps.result import SweepResult
from adamcli.sweeps.tables import read_rows, read_store

if TYPE_CHECKING:
    from adamcli.pictures.subject import Wish
    from adamcli.sweeps.tables import Found

ROWS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
STORES = (".db",)
"""The extensions of files that hold the steps of a run or the runs of a sweep."""


def subject_of(
    source: Any, wish: Wish, *, allow_python: bool = False, control: Control | None = None
) -> Subject:
    """Return what is known of a source; what the wish needs beyond it is computed.

    Raises `UsageError`, `FileError` or `ConfigError` for a source that cannot be used.
    """
    compute = _Computing(wish, allow_python, control)
    if isinstance(source, SweepResult):
        return of_sweep(source)
    if isinstance(source, Solution):
        return of_solution(source)
    if isinstance(source, Result):
        return compute.of_result(source)
    if isinstance(source, Config):
        return compute.of_config(source)
    if isinstance(source, ConfigFile):
        return compute.of_file(source)
    if isinstance(source, Mapping):
        return compute.of_file(read_keys(source, "<plot>"))
    if isinstance(source, str | PathLike):
        return compute.of_path(fspath(source))
    raise UsageError(f"expected a result, a config or a path, found {type(source).__name__}")


class _Computing:
    """Finds out what a wish needs."""

    def __init__(self, wish: Wish, allow_python: bool, control: Control | None) -> None:
        self._wish, self._allow_python, self._control = wish, allow_python, control

    def of_config(self, config: Config) -> Subject:
        """Return what is known of a config once it has been run or solved."""
        return computed(config, self._wish, allow_python=self._allow_python, control=self._control)

    def of_result(self, result: Result) -> Subject:
        """Return what is known of a run, which is repeated if its steps are needed and not kept."""
        needs = needs_of(result.config, self._wish)
        repeated = "inside" in needs or ("course" in needs and result.history is None)
        if not repeated:
            return of_result(result)
        # What it may do was settled when it was run.
        return computed(result.config, self._wish, allow_python=True, control=self._control)

    def of_file(self, file: ConfigFile) -> Subject:
        """Return what is known of a config, which is swept if it says so and that is wished for."""
        kind = wished_kind(self._wish)
        swept = file.sweep is not None if kind is None else "table" in kind.needs
        if not swept:
            return self.of_config(checked(file))
        if kind is not None and file.sweep is None:
            raise UsageError(
                f"{file.name}: {kind.name} needs a sweep, and the config has no key `sweep`\n"
                "  write the rows of a sweep, adamcli sweep ... -o rows.csv, and plot these"
            )
        from adamcli.sweeps.job import SweepJob
        from adamcli.sweeps.variations import SweepOptions, vary

        options = SweepOptions(points=False, allow_python=self._allow_python)
        with SweepJob(vary(file, options), options) as job:
            return of_sweep(job.run((), self._control or Control(keeps=True)))

    def of_path(self, path: str) -> Subject:
        """Return what is known of a file."""
        suffix = PurePath(path).suffix.lower()
        if suffix in STORES:
            return _of_found(read_store(_regular(path)), path)
        if suffix in ROWS:
            return _of_found(read_rows(_regular(path)), path)
        result = _result_in(path) if suffix == ".json" else None
        if result is None:
            return self.of_file(open_config(path))
        return self._of_json(result, path)._replace(name=path)

    def _of_json(self, result: dict[str, Any], path: str) -> Subject:
        """Return what is known of a result from its JSON; a run is repeated, which is exact."""
        if "axes" in result:
            raise UsageError(
                f"{path}: holds the best runs of a sweep only\n"
                "  plot its rows or its store: adamcli sweep ... -o rows.csv, or --store sweep.db"
            )
        config = _config_in(result, path)
        if "minima" in result:
            return _of_minima(result, config, path)
        if "minimum" in needs_of(config, self._wish):
            return of_config(config)._replace(best=_point_in(result.get("best"), config, path))
        return self.of_config(config)


def is_data(path: str) -> bool:
    """Return whether a path is that of a result, of rows or of a store, and not of a config."""
    suffix = PurePath(path).suffix.lower()
    return suffix in (*ROWS, *STORES) or (suffix == ".json" and _result_in(path) is not None)


def _of_found(found: Found, path: str) -> Subject:
    """Return what a file of rows holds."""
    course = found.course
    best = last = None
    if course is not None and len(course.t):
        merits = np.where(np.isfinite(course.score), found.direction.merit(course.score), np.inf)
        k = int(np.argmin(merits))
        last = Point(int(course.t[-1]), tuple(course.x[-1].tolist()), float(course.score[-1]))
        if np.isfinite(merits[k]):
            best = Point(int(course.t[k]), tuple(course.x[k].tolist()), float(course.score[k]))
    return Subject(
        path,
        direction=found.direction,
        names=found.names,
        best=best,
        last=last,
        course=course,
        table=found.table,
    )


def _result_in(path: str) -> dict[str, Any] | None:
    """Return the result in a JSON file; None if it holds no result, as a config may be JSON too."""
    if not _is_file(path):
        return None
    try:
        found = json.loads(decoded(read_bytes(path), path))
    except (ValueError, RecursionError):
        return None
    known = isinstance(found, dict) and {"config", "config_hash", "versions"} <= found.keys()
    return found if known else None


def _is_file(path: Path | str) -> bool:
    """Return whether there is a regular file; false for what no path can be."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def _regular(path: str) -> str:
    """Return a path if there is a regular file, which can be read twice, or nothing."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise FileError(f"{path}: cannot be read: {reason}") from None
    if not S_ISREG(mode) and not S_ISDIR(mode):
        raise FileError(f"{path}: is not a file, but a pipe or a device")
    return path


def _config_in(result: dict[str, Any], path: str) -> Config:
    """Return the config of a result.

    Its files are where its own file was, seen from here or from the result; otherwise where the
    result is.
    """
    keys, own = result["config"], result.get("config_file") or ""
    if not isinstance(keys, dict) or not isinstance(own, str):
        raise FileError(f"{path}: is not a result as adamcli writes it")
    if str(keys.get("objective", "")).startswith("<"):
        raise UsageError(
            f"{path}: was a run of a function of Python's, which the file does not hold\n"
            "  in Python, plot the result itself: result.plot()"
        )
    beside = resolved(path).parent
    known = [folder / own for folder in (Path.cwd(), beside)]
    folder = next((file.parent for file in known if _is_file(file)), beside)
    return checked(read_config(json.dumps(keys), path, folder=folder, most=MAX_FROM_PYTHON))


def _of_minima(result: dict[str, Any], config: Config, path: str) -> Subject:
    minima = result["minima"]
    if not isinstance(minima, list):
        raise FileError(f"{path}: is not a result as adamcli writes it")
    points = [_point_in(minimum, config, path) for minimum in minima]
    found = of_config(config)._replace(about="solved")
    if not points:
        return found
    return found._replace(best=points[0], places=tuple(point.x for point in points[1:]))


def _point_in(entry: Any, config: Config, path: str) -> Point:
    """Return a point of a result from its JSON."""
    try:
        variables = config.variables
        for v in variables.all:
            if v.size > MOST_LISTED and isinstance(entry["x"][v.name], dict):
                message = f"has a summary of `{v.name}` in place of its {v.size:,} numbers"
                raise UsageError(f"{path}: {message}\n  plot the config instead")
        parts = [np.ravel(np.array(entry["x"][v.name], dtype=float)) for v in variables.all]
        x = np.concatenate(parts)
        score = np.nan if entry["score"] is None else float(entry["score"])
        if len(x) != variables.dim:
            raise ValueError
        return Point(int(entry.get("t", 0)), tuple(x.tolist()), score)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise FileError(f"{path}: its points do not belong to its config") from None
