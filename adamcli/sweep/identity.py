"""What makes two sweeps the same: the config, the plan, and the files that the config names."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from adamcli.errors import FileError
from adamcli.provenance import hash_of, surroundings

if TYPE_CHECKING:
    from pathlib import Path

    from adamcli.sweep.study import Study

MISSING = "nothing"


def identity_of(study: Study) -> dict[str, str]:
    """Return everything that decides about the results, as texts by name.

    What is varied is there once, under `axis`; of the config all other keys.
    """
    axes = {**study.plan.describe(), "runs": f"{study.plan.size:,}"}
    config = _flat("config", study.first.resolved())
    # The hyperparameters of the first run are values of the axes.
    kept = {name: text for name, text in config.items() if not _is_varied(name, study.plan.keys)}
    files = {f"file.{path.name}": _hash_of_file(path) for path in study.first.files}
    return {**{f"axis.{key}": text for key, text in axes.items()}, **kept, **files}


def hash_of_identity(identity: dict[str, str]) -> str:
    """Return one hash, by which stores of one sweep are known."""
    return hash_of(identity)


def differences(
    stored: dict[str, str], present: dict[str, str], name: str, other: str = ""
) -> list[str]:
    """Return a line for each thing in which two sweeps differ.

    `name` is that of the first one's store, and `other` of the second one's if it has any.
    """
    place = f"in {other}" if other else "now"
    lines = []
    for key in dict.fromkeys([*stored, *present]):
        before, now = stored.get(key, MISSING), present.get(key, MISSING)
        if before != now:
            lines.append(f"  {key}: {_short(before)} in {name}, {_short(now)} {place}")
    return lines


def changed_surroundings(stored: dict[str, Any]) -> list[str]:
    """Return a text for each version in which results may differ in their last digits."""
    found, own = [], surroundings()
    versions = {**stored.get("versions", {}), "platform": stored.get("platform")}
    for name, now in {**own["versions"], "platform": own["platform"]}.items():
        if name != "python" and versions.get(name) != now:
            found.append(f"{name} {versions.get(name)}, now {now}")
    return found


def _flat(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {name: repr(value)}
    found: dict[str, str] = {}
    for key, entry in value.items():
        found.update(_flat(f"{name}.{key}", entry))
    return found


def _is_varied(name: str, keys: list[str]) -> bool:
    own = name.removeprefix("config.")
    return any(own == key or own.startswith(key + ".") for key in keys)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _hash_of_file(path: Path) -> str:
    try:
        return "sha256:" + sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from None
