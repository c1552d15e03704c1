"""What makes two sweeps the same: the config, the plan, and the files that the config names."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from adamcli.files import read_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from adamcli.sweeps.variations import Variations

MOST_SHOWN = 60
"""Characters shown of a value that differs."""


def identity_of(variations: Variations, *, points: bool) -> dict[str, str]:
    """Return everything that determines the results, as texts by name.

    A key that is varied is there once, under `axis`; all other keys are under `config`.
    """
    plan, folder = variations.plan, variations.file.folder
    resolved = variations.first.resolved()
    # Expectations do not change the results.
    resolved.pop("expect", None)
    config = _flat("config", resolved)
    varied = tuple(f"config.{key}." for key in plan.keys)
    return {
        **{f"axis.{key}": text for key, text in plan.describe().items()},
        "axes": plan.order(),
        "runs": f"{plan.size:,}",
        **{name: text for name, text in config.items() if not f"{name}.".startswith(varied)},
        **{f"file.{name}": hash_of_file(folder / name) for name in variations.files},
        "points": "yes" if points else "no",
    }


def differences(
    stored: dict[str, str], present: dict[str, str], name: str, other: str = ""
) -> list[str]:
    """Return a line for each difference between the sweep of store `name` and `other` or this."""
    place = f"in {other}" if other else "now"
    lines = []
    for key in dict.fromkeys([*stored, *present]):
        before, now = stored.get(key, "nothing"), present.get(key, "nothing")
        if before != now:
            first, second = _around(before, now), _around(now, before)
            lines.append(f"  {key}: {first} in {name}, {second} {place}")
    return lines


def changes(stored: dict[str, Any], own: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what differs between two environments and may change last digits: name and both.

    What an older store does not know is left out.
    """
    before, now = ({**each["versions"], **each} for each in (stored, own))
    names = [name for name in now if name in before and name not in ("versions", "python")]
    names = [name for name in names if before[name] != now[name]]
    return [(name, before[name], now[name]) for name in names]


def _flat(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {name: repr(value)}
    parts = (_flat(f"{name}.{key}", entry) for key, entry in value.items())
    return {place: text for part in parts for place, text in part.items()}


def _around(text: str, other: str) -> str:
    """Return a text, or the part of a long text where it starts to differ from another."""
    if len(text) <= MOST_SHOWN:
        return text
    pairs = enumerate(zip(text, other, strict=False))
    same = next((i for i, (a, b) in pairs if a != b), min(len(text), len(other)))
    first = max(0, min(same - MOST_SHOWN // 2, len(text) - MOST_SHOWN))
    part = text[first : first + MOST_SHOWN]
    return f"{'...' if first else ''}{part}{'...' if first + MOST_SHOWN < len(text) else ''}"


def hash_of_file(path: Path) -> str:
    """Return the SHA-256 of a file; raises `FileError` if it cannot be read."""
    return "sha256:" + sha256(read_bytes(path)).hexdigest()
