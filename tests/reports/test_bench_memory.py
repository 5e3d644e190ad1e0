"""`bench memory`: every request has one purpose, and rates are those of the DRAM model."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reports.benches.bench_memory import markdown, purposes, rate_row
from sim.model.config import load_model_config
from sim.model.dram_config import load_dram
from sim.model.memory_trace import frame_requests
from sim.model.requests import Requests, contiguous
from tests.cli.calls import call, refuse
from tests.reports.report_cases import tiny_subject

EDGE = load_model_config("edge")
DRAM = load_dram(EDGE.dram)
WINDOW = EDGE.reorder_window


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A pack that was written by the command, and its scene's subject."""
    from golden.clustering.cluster import ClusterOptions
    from golden.pack import build_pack
    from golden.pack.file import save_pack

    subject = tiny_subject(views=1)
    pack = build_pack(subject.scene, ClusterOptions("morton", 100), subject.rules)
    path = tmp_path_factory.mktemp("memory") / "tiny.pack"
    save_pack(pack, path)
    return path, pack, subject


def test_a_stream_in_order_reaches_the_streaming_rate():
    row = rate_row(contiguous(1 << 20, 1 << 20, False), DRAM, WINDOW)
    assert row["of_streaming"] == pytest.approx(1, abs=0.01)


def test_scattered_bursts_do_not():
    address = np.random.default_rng(1).permutation(1 << 14) * (1 << 13)
    scattered = Requests(address, np.full(len(address), 32), np.zeros(len(address), np.bool_))
    row = rate_row(scattered, DRAM, WINDOW)
    assert row["of_streaming"] < 0.6
    assert row["bytes"] == 32 * len(address)


def test_every_request_has_one_purpose(files):
    _, pack, subject = files
    camera = subject.cameras[0].resized(96, 64)
    requests, room = frame_requests(pack, camera, subject.rules, EDGE)
    kinds = purposes(requests, room)
    assert (sum(kept.astype(int) for kept in kinds.values()) == 1).all()
    assert all(kept.any() for kept in kinds.values())


def test_the_command(files, tmp_path):
    path, _, subject = files
    out = tmp_path / "memory.json"
    words = ["--config", "edge", "--views", "0", "--size", "96x64", "--rules", subject.rules.name]
    said = call("bench", "memory", path, *words, "-o", out)
    result = json.loads(out.read_text())
    assert markdown(result) in said
    (view,) = result["views"]
    written = view["purposes"]["picture, written"]["bytes"]
    assert written >= 96 * 64 * 4


def test_a_machine_that_is_no_build_is_refused(files):
    path, *_ = files
    refuse("base is modelled by formula", "bench", "memory", path, "--config", "base")
