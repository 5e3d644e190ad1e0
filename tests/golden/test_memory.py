"""Scenes larger than the memory: refused in a sentence before it is taken."""

from __future__ import annotations

import re
from functools import partial

import pytest

import golden.memory
from golden.clustering.cluster import PACK_BYTES, ClusterOptions
from golden.default_scene import default_scene
from golden.errors import InputError
from golden.memory import available_bytes, need_memory
from golden.pack import build_pack
from golden.rules import INRIA
from golden.scene_io import read_scene
from tests.golden.scene_io.scene_files import random_scene
from tests.golden.scene_io.scene_kinds import KINDS
from tests.golden.scene_io.scene_refusal import low_memory, peak_bytes

COUNT = 2000


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of 5 GiB in a container: two groups, of which the outer one has 3 GiB left."""
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    5242880 kB\n")
    (tmp_path / "cgroup").write_text("1:cpu:/x\n0::/outer/inner\n")
    inner = tmp_path / "root" / "outer" / "inner"
    inner.mkdir(parents=True)
    for folder, most, taken in ((inner, "max", 7), (inner.parent, str(6 * 2**30), 4 * 2**30)):
        (folder / "memory.max").write_text(f"{most}\n")
        (folder / "memory.current").write_text(f"{taken}\n")
        (folder / "memory.stat").write_text(f"anon 5\ninactive_file {2**30}\n")
    monkeypatch.setattr(golden.memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(golden.memory, "CGROUP", tmp_path / "cgroup")
    monkeypatch.setattr(golden.memory, "CGROUP_ROOT", tmp_path / "root")
    return tmp_path


def little(monkeypatch, most: int) -> None:
    """A machine on which so many bytes are left."""
    monkeypatch.setattr(golden.memory, "available_bytes", lambda: most)


def test_the_least_of_kernel_and_groups_counts(machine):
    assert available_bytes() == 3 * 2**30
    (machine / "root" / "outer" / "memory.max").write_text("max\n")
    assert available_bytes() == 5 * 2**30
    (machine / "cgroup").unlink()
    assert available_bytes() == 5 * 2**30
    (machine / "meminfo").unlink()
    assert available_bytes() is None
    need_memory("s.ply", 10**9, 10**9)  # no word from the system: nothing is refused


def test_this_machine_has_memory():
    assert available_bytes() is None or available_bytes() > 2**20


@pytest.mark.parametrize("degree", [0, 3])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ascii.ply"])
def test_what_a_reader_says_that_it_needs_is_what_it_takes(tmp_path, monkeypatch, kind, degree):
    """Its peak beside the file is at most what it asks for, and at least a fifth of it."""
    asked = []
    for module in ("spz_container", "ply", "compressed_ply", "splat", "sog", "ksplat", "gltf"):
        monkeypatch.setattr(
            f"golden.scene_io.{module}.need_memory",
            lambda name, count, each: asked.append(count * each),
        )
    few = random_scene(100, degree)
    path = tmp_path / kind
    path.write_bytes(KINDS[kind](few.taken([i % 100 for i in range(COUNT)])))
    read_scene(path)
    asked.clear()
    peak = peak_bytes(partial(read_scene, path)) - path.stat().st_size
    assert 1 <= len(asked) <= 2
    assert max(asked) / 5 < peak < max(asked) + 200_000


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ascii.ply"])
def test_a_scene_that_does_not_fit_is_refused(tmp_path, monkeypatch, kind):
    path = tmp_path / kind
    path.write_bytes(KINDS[kind](random_scene(COUNT // 10, 1)))
    little(monkeypatch, 20_000)
    with pytest.raises(InputError, match=r"200 Gaussians need 0\.0 GiB of memory where") as caught:
        read_scene(path)
    assert path.name in str(caught.value)
    monkeypatch.setattr("golden.files.available_bytes", lambda: 100)
    with pytest.raises(InputError, match=r"has 0\.0 GiB where 0\.0 GiB of memory are left"):
        low_memory(lambda: read_scene(path))


def test_a_pack_that_does_not_fit_is_refused(monkeypatch):
    scene = default_scene(COUNT)
    pack = partial(build_pack, scene, ClusterOptions("morton"), INRIA)
    pack()
    assert peak_bytes(pack) < COUNT * PACK_BYTES + 2_000_000
    little(monkeypatch, COUNT * PACK_BYTES - 1)
    with pytest.raises(InputError, match=re.escape("2,000 Gaussians need 0.0 GiB of memory")):
        pack()
