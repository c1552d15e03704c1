"""The provenance of results: the config, and the versions that computed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adamcli.config.model import Config


def hash_of(value: Any) -> str:
    """Return the SHA-256 of `value` as JSON."""
    import json
    from hashlib import sha256

    text = json.dumps(value, sort_keys=True, default=str)
    return "sha256:" + sha256(text.encode()).hexdigest()


def provenance(config: Config) -> dict[str, Any]:
    """Return the resolved config, its hash, and `environment`."""
    resolved = config.resolved()
    return {"config": resolved, "config_hash": hash_of(resolved), **environment()}


def environment() -> dict[str, Any]:
    """Return the platform, and the versions of adamcli, Python and NumPy."""
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
