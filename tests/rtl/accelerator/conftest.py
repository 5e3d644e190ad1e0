"""A small pack and a board with it, for the tests of the compiled accelerator."""

from __future__ import annotations

import pytest

from golden.pack import Pack
from sim.rtl.driver import pack_image
from tests.rtl.accelerator.accelerator_stimulus import (
    small_pack,
)
from tests.rtl.accelerator.board import open_board


@pytest.fixture(scope="module")
def pack() -> Pack:
    return small_pack()


@pytest.fixture(scope="module")
def image(pack) -> bytes:
    return pack_image(pack)


@pytest.fixture
def board(image):
    made = open_board(image)
    with made.harness:
        yield made
