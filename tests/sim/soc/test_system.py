"""The accelerator in a system of LiteX, with VexRiscv and LiteDRAM, drawing by its driver in C."""

import json
from dataclasses import replace
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

import hw.soc.packages
import sim.soc.run
from hw.package.presets import PRESETS
from hw.soc.packages import SIMULATION
from sim.soc.job import PACK_ADDRESS, make_job
from sim.soc.run import DrawnFrame, SystemRun
from tests.cli.calls import refuse, run

RENDER = PRESETS["render"].params
needs_packages = pytest.mark.skipif(
    any(find_spec(name) is None for name in SIMULATION),
    reason="the packages of the extra `soc` are not installed",
)


@pytest.fixture(scope="module")
def job():
    return make_job(RENDER, (20, 12))


def drawn(frame, **changes):
    """As the system draws it where nothing is wrong."""
    values = {
        "picture": frame.picture,
        "camera_cycles": 1,
        "interrupt_cycles": 1,
        "code": 1,
        "counters": {**frame.counters, "frame_cycles": 9},
        "checksum": sim.soc.run.adler32(frame.picture.tobytes()),
    }
    return DrawnFrame(frame, **(values | changes))


def test_what_lies_in_memory_does_not_meet(job):
    """The pack, the lists, the pictures, one after another."""
    spans = [(PACK_ADDRESS, len(job.image))]
    for frame in job.frames:
        assert frame.memory == job.frames[0].memory
    lists = job.frames[0].memory
    spans.append((lists.list_address, lists.list_bytes))
    spans += [(at, f.picture.nbytes) for at, f in zip(job.pictures, job.frames, strict=True)]
    for (first, size), (after, _) in pairwise(spans):
        assert first + size <= after
    assert all(address % 4096 == 0 for address, _ in spans)


def test_the_program_has_every_bit_of_the_cameras(job):
    for frame in job.frames:
        for value in (*frame.camera.viewmat[:3].ravel(), frame.camera.fx, frame.camera.cy):
            assert float(value).hex() in job.header
    assert job.header.count("{{{") == len(job.frames)


def test_pictures_are_no_background_alone(job):
    for frame in job.frames:
        assert len(np.unique(frame.picture.reshape(-1, 4), axis=0)) > 100
    assert not np.array_equal(job.frames[0].picture, job.frames[1].picture)


def test_what_differs_is_seen(job):
    frame = job.frames[0]
    assert drawn(frame).agrees
    other = frame.picture.copy()
    other[3, 4, 2] ^= 1
    assert drawn(frame, picture=other).wrong_bytes == 1
    for change in (
        {"picture": other},
        {"checksum": 1},
        {"counters": {**frame.counters, "splats": frame.counters["splats"] + 1}},
        {"counters": {}},
    ):
        assert not drawn(frame, **change).agrees
    whole = SystemRun(0, 2, 1, (drawn(frame),), 3, 1, 1.0, {})
    assert whole.agrees
    assert not replace(whole, views=2).agrees
    assert not replace(whole, error=6).agrees


def test_refusals(monkeypatch):
    refuse("give --sim or --board", "soc")
    refuse("preset base draws no picture", "soc", "--sim", "--preset", "base")
    refuse("preset 'x' is not known", "soc", "--sim", "--preset", "x")
    refuse("sets no parameter", "soc", "--sim", "--set", "a=1")
    refuse("is not WIDTHxHEIGHT", "soc", "--sim", "--size", "9")
    refuse("takes too long to simulate", "soc", "--sim", "--size", "4096x4096")
    monkeypatch.setattr(hw.soc.packages, "find_spec", lambda name: None)
    refuse("a system needs the package migen: run it as `uv run --extra soc", "soc", "--sim")


def test_a_program_that_is_wrong_is_refused_in_a_sentence(tmp_path):
    from golden.errors import InputError
    from sim.soc.firmware import _run

    with pytest.raises(InputError, match=r"the firmware cannot be compiled \(x: error: y\)"):
        _run(["sh", "-c", "echo 'x: error: y' >&2; exit 1"], {})


@needs_packages
@pytest.mark.slow
def test_a_processor_draws(tmp_path):
    """From a pack in SDRAM to pictures there, as the integer model has them, byte for byte."""
    code, out, err = run("soc", "--sim", "-o", tmp_path, "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert result["agrees"]
    assert (result["driver_error"], result["interrupts"]) == (0, 2)
    job = make_job(RENDER, (64, 64))
    for n, (frame, shown) in enumerate(zip(job.frames, result["frames"], strict=True)):
        assert (shown["code"], shown["wrong_bytes"]) == (1, 0)
        picture = np.asarray(Image.open(tmp_path / f"picture_{n}.png"))
        assert np.array_equal(picture, frame.picture[..., :3])
        assert frame.counters.items() <= shown["counters"].items()
        assert shown["counters"]["frame_cycles"] < shown["interrupt_cycles"]
