"""Digests of what every preset generates, committed in place of the megabytes themselves."""

from __future__ import annotations

import json
from pathlib import Path

from golden.files import write_text
from hw.package.presets import PRESETS
from hw.verilog import Design
from sim.package.files import digests, package_files, tool_versions

MANIFEST = Path(__file__).with_name("manifest.json")


def preset_digests(preset: str, design: Design) -> dict[str, str]:
    """SHA-256 of each file of a preset, but its JSON, which names the version of splatsieve."""
    files = package_files(PRESETS[preset], design)
    return digests({path: text for path, text in files.items() if not path.endswith(".json")})


def write_manifest(designs: dict[str, Design]) -> None:
    """Writes manifest.json of all presets' designs, by preset."""
    presets = {name: preset_digests(name, design) for name, design in designs.items()}
    document = {"versions": tool_versions(), "presets": presets}
    write_text(MANIFEST, json.dumps(document, indent=1) + "\n")


def committed_digests(preset: str) -> dict[str, str]:
    """Those of manifest.json."""
    return dict(json.loads(MANIFEST.read_text(encoding="utf-8"))["presets"][preset])
