"""A plugin of pytest: notes where the first failure was raised, in the file that is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

FILE_NAME = "SPLATSIEVE_MUTATION_FAILURE"  # of the environment: where the note is written


def pytest_exception_interact(node: pytest.Item, call: pytest.CallInfo, report) -> None:
    """Writes the note of a test, fixture or import that failed: its name and the last own file."""
    path = Path(os.environ[FILE_NAME])
    if path.exists() or call.excinfo is None:
        return
    root = node.config.rootpath
    places = [Path(entry.path) for entry in call.excinfo.traceback]
    own = [p.relative_to(root).as_posix() for p in places if p.is_relative_to(root)]
    own = [place for place in own if not place.startswith(".venv")]
    raised_in = "import" if report.when == "collect" else own[-1] if own else "elsewhere"
    note = {"test": node.nodeid, "raised_in": raised_in, "error": call.excinfo.typename}
    path.write_text(json.dumps(note), encoding="utf-8")
