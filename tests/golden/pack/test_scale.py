"""Packing larger scenes: tables in proportion, the same bytes again, a bar on a terminal."""

import json
import os
import re
import resource
import subprocess
import sys

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.pack import build_pack
from golden.pack.file import save_pack
from golden.rules import INRIA
from golden.scene_io import write_ply
from reports.benches.bench_pack import MAXRSS_BYTES, SPACING, exponent, measure, tiled
from tests.golden.hostile_scenes import make_scene


def scene_of(count: int, degree: int = 0):
    return make_scene(np.random.default_rng(0).normal(size=(count, 3)), degree=degree)


@pytest.mark.parametrize("method", ["paper", "reach", "morton"])
def test_tables_grow_in_proportion(method):
    """Four copies give four times the clusters and groups, and no larger ones."""
    scene = scene_of(5000)
    packs = [build_pack(tiled(scene, n), ClusterOptions(method), INRIA) for n in (1, 4)]
    one, four = packs
    for name in ("geometry", "colors", "order"):
        assert getattr(four, name).nbytes == 4 * getattr(one, name).nbytes
    for name, slack in (("clusters", 0.02), ("groups", 0.2)):
        tables = getattr(one, name), getattr(four, name)
        assert len(tables[1]) == pytest.approx(4 * len(tables[0]), rel=slack)
        # A group or cluster that grew with the scene would make packing worse than linear.
        assert tables[1]["count"].max() < 2 * tables[0]["count"].max()


@pytest.mark.parametrize("method", ["paper", "reach", "morton"])
def test_same_seed_same_bytes(method, tmp_path):
    scene = tiled(scene_of(3000, degree=1), 2)
    files = []
    for name in ("a.pack", "b.pack"):
        save_pack(build_pack(scene, ClusterOptions(method, seed=5), INRIA), tmp_path / name)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]
    if method != "morton":  # the seed does count
        other = build_pack(scene, ClusterOptions(method, seed=6), INRIA)
        save_pack(other, tmp_path / "c.pack")
        assert (tmp_path / "c.pack").read_bytes() != files[0]


def test_copies_lie_side_by_side():
    scene = scene_of(1000)
    whole = tiled(scene, 3)
    assert len(whole) == 3000
    parts = np.split(whole.means, 3)
    extent = np.ptp(scene.means[:, 0])
    for i, part in enumerate(parts):
        np.testing.assert_allclose(
            part - parts[0], [[i * SPACING * extent, 0, 0]] * 1000, atol=1e-5
        )
        if i:
            assert part[:, 0].min() > parts[i - 1][:, 0].max()
    np.testing.assert_array_equal(parts[0], scene.means)
    np.testing.assert_array_equal(np.split(whole.quats, 3)[2], scene.quats)


@pytest.mark.parametrize(
    ("sizes", "amounts", "expected"),
    [
        ([1, 2, 4], [5, 10, 20], 1),
        ([1, 2, 4], [3, 12, 48], 2),
        ([10, 10, 40], [7, 7, 7], 0),
        ([3, 3], [1, 2], None),
    ],
)
def test_exponent(sizes, amounts, expected):
    assert exponent(sizes, amounts) == (expected if expected is None else pytest.approx(expected))


def test_measure_sees_the_memory_of_the_process():
    """At least what it touches, at most its caller's memory more, as measure says."""
    own_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_BYTES / 2**20
    code = "data = b'1' * (300 << 20); print(len(data))"
    measured = measure([sys.executable, "-c", code])
    assert int(measured.output) == 300 << 20
    assert measured.total_s > 0
    assert measured.cpu_s > 0
    assert 300 < measured.peak_memory_gib * 1024 < 300 + max(own_mib, 100)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")
def test_a_bar_on_a_terminal_and_none_when_piped(tmp_path):
    write_ply(scene_of(3000), tmp_path / "small.ply")
    command = [sys.executable, "-m", "splatsieve", "pack", str(tmp_path / "small.ply")]
    command += ["-o", str(tmp_path / "small.pack"), "--json"]
    piped = subprocess.run(command, capture_output=True, text=True, check=True)
    assert piped.stderr == ""
    assert json.loads(piped.stdout)["gaussians"] == 3000

    leader, follower = os.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=follower, env=environment
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # Linux: the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(leader)
    assert process.returncode == 0
    text = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", shown).decode()
    assert "K-means" in text
    assert "100%" in text
