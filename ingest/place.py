"""Where the library is when nobody says: $ASKPAPERS_LIBRARY, else the user's data directory."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path


def library_directory(chosen: str | os.PathLike[str] | None = None) -> Path:
    """The library's directory: ``chosen``, else the environment's, else the user's own."""
    if chosen is not None:
        return Path(chosen).expanduser()
    from_environment = os.environ.get("ASKPAPERS_LIBRARY")
    if from_environment:
        return Path(from_environment).expanduser()
    return user_data_path("askpapers") / "library"
