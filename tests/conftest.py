"""Fixtures that several folders of tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def bonsai_dir() -> Path:
    """Folder of the real trained scene; skips where it is not at hand."""
    folder = SHARED_DATA / "bonsai"
    if not (folder / "bonsai.spz").is_file():
        pytest.skip(f"the real scene is not at hand: {folder / 'bonsai.spz'} is missing")
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """How many builds test_random_parameters tries, and how many frames test_endurance."""
    parser.addoption("--draws", type=int, default=20, help="random builds, those of the suite too")
    parser.addoption("--frames", type=int, default=1000, help="of the slow test of endurance")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses a set as a parameter: the order in its id differs between xdist's workers."""
    for item in items:
        given = getattr(item, "callspec", None)
        if given and any(isinstance(value, set | frozenset) for value in given.params.values()):
            raise pytest.UsageError(f"{item.nodeid}: a set has no order, give a tuple")
