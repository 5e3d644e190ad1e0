"""Figures that others published, with their sources; no report computes with them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def published_accelerators() -> list[dict[str, Any]]:
    """accelerators.toml, largest speed-up first; over its own paper's baseline each."""
    text = Path(__file__).with_name("accelerators.toml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = tomllib.loads(text)["accelerator"]
    return sorted(entries, key=lambda entry: -float(entry["speedup"]))
