"""Where a result comes from: the config it belongs to, and what it was computed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adamcli.config.model import Config


def config_hash(config: Config) -> str:
    """Return the SHA-256 of the resolved config, by which results of one experiment are known."""
    return hash_of(config.resolved())


def hash_of(value: Any) -> str:
    """Return the SHA-256 of what JSON can hold."""
    import json
    from hashlib import sha256

    text = json.dumps(value, sort_keys=True, default=str)
    return "sha256:" + sha256(text.encode()).hexdigest()


def provenance(config: Config) -> dict[str, Any]:
    """Return the resolved config, and the versions and the platform a result was computed with."""
    return {"config": config.resolved(), "config_hash": config_hash(config), **environment()}


def environment() -> dict[str, Any]:
    """Return the versions and the platform that results are computed with."""
    import platform

    import numpy as np

    import adamcli

    return {
        "versions": {
            "adamcli": adamcli.__version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
        "platform": f"{platform.system()}-{platform.machine()}",
    }
