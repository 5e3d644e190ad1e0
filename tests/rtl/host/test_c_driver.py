"""The driver in C against the Python driver: constants, frames, refusals."""

from dataclasses import replace

import numpy as np
import pytest

from golden.camera import Camera
from golden.default_scene import default_cameras
from golden.errors import InputError
from golden.params import Parameters
from golden.rules import GSPLAT, INRIA
from golden.view import ListMemory, ViewFrame
from hw.host.register_map import constant_register, register_map
from hw.host.status import StatusCode
from sim.model.memory import MemoryModel
from sim.rtl.accelerator_harness import AcceleratorHarness
from sim.rtl.driver import Accelerator, pack_image
from tests.rtl.accelerator.accelerator_stimulus import random_views, small_pack
from tests.rtl.accelerator.picture_stimulus import SMALL, camera, cloud, drawn_pack, view
from tests.rtl.host import c_driver
from tests.rtl.host.c_driver import CDriver, Outcome

BASE = Parameters()
OFFSETS = {register.name: register.offset for register in register_map(BASE)}


class Window:
    """Registers that keep what is written; those of the build read as it has them."""

    def __init__(self, params):
        self.words = {}
        for register in register_map(params):
            value = sum((f.value or 0) << f.first_bit for f in register.fields)
            self.words[register.offset] = value
        self.written = []

    def read(self, offset):
        return self.words[offset]

    def write(self, offset, value):
        self.words[offset] = value
        self.written.append((offset, value))


@pytest.fixture(scope="module", params=["base", "draws"])
def build(request, tmp_path_factory):
    """Parameters, a pack, its image, the library with a window."""
    params = BASE if request.param == "base" else SMALL
    pack = small_pack(5) if request.param == "base" else drawn_pack(cloud())
    window = Window(params)
    folder = tmp_path_factory.mktemp(request.param)
    driver, opened = CDriver(params, folder, window.read, window.write), c_driver.Pack()
    image = pack_image(pack)
    assert driver.open_pack(image, opened) == Outcome.OK
    return params, pack, image, driver, opened, window


def turned(rng):
    """A rotation, any."""
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return rotation * np.sign(np.linalg.det(rotation))


def any_camera(rng):
    """Of any lens, size and place, near and far."""
    pose = np.eye(4)
    pose[:3, :3] = turned(rng) if rng.integers(4) else np.eye(3)
    pose[:3, 3] = rng.normal(size=3) * 10.0 ** rng.uniform(-2, 5)
    width, height = (int(side) for side in rng.integers(1, 4097, 2))
    fx, fy = max(width, height) * 2.0 ** rng.uniform(-2, 4, 2)
    cx, cy = rng.uniform(-0.2, 1.2, 2) * (width, height)
    if rng.integers(2):
        fy, cx, cy = fx, width / 2, height / 2
    return Camera("any", width, height, float(fx), float(fy), float(cx), float(cy), pose)


def words_of(seen):
    """What the Python driver writes, or the refusal."""
    ports = {}
    for stage in seen.constants:
        ports |= stage.as_ports()
    return {constant_register(name): value & 0xFFFFFFFF for name, value in ports.items()}


def masked(words, params):
    masks = {
        register.name: register.fields[0].mask
        for register in register_map(params)
        if register.name.startswith("FRAME_")
    }
    return {name: word & masks[name] for name, word in words.items()}


def test_constants_have_the_same_bits(build):
    """Of 3,000 cameras; what one refuses the other refuses."""
    params, pack, _, driver, opened, _ = build
    rng = np.random.default_rng(7)
    cameras = [*default_cameras(24), *(any_camera(rng) for _ in range(3000))]
    refused = 0
    for n, seen_by in enumerate(cameras):
        background = tuple(rng.uniform(0, 1.9, 3))
        memory = ListMemory(2048 * int(rng.integers(1 << 20)), 2048 * int(rng.integers(1, 99)))
        seen = ViewFrame(pack, seen_by, (INRIA, GSPLAT)[n % 2], params, memory, background)
        outcome, words = driver.constants(seen, opened)
        try:
            due = words_of(seen)
        except InputError:
            refused += 1
            assert outcome == Outcome.BAD_CAMERA, n
            continue
        assert outcome == Outcome.OK, (n, seen_by)
        assert words == masked(due, params), n
    assert 10 < refused < 0.6 * len(cameras)


def test_antialiased_rules(build, tmp_path):
    """Refused by a build without them; elsewhere a constant as the Python driver has it."""
    params, pack, _, driver, opened, _ = build
    rules = replace(GSPLAT, antialiased=True)
    seen = ViewFrame(pack, camera(60, 50), rules, params)
    assert driver.constants(seen, opened)[0] == Outcome.NOT_ANTIALIASED
    with pytest.raises(InputError, match="this build has no antialiasing"):
        words_of(seen)
    able = replace(params, antialiased=1)
    window = Window(able)
    own = CDriver(able, tmp_path, window.read, window.write)
    assert own.call("check") == Outcome.OK
    assert driver.call("check") == Outcome.OK
    window.words[OFFSETS["CONFIG_BURSTS"]] ^= 0x100  # the same without
    assert own.call("check") == Outcome.OTHER_BUILD
    name = constant_register("antialiased")
    for given in (rules, GSPLAT):
        seen = ViewFrame(pack, camera(60, 50), given, able)
        outcome, words = own.constants(seen, opened)
        assert outcome == Outcome.OK
        assert words == masked(words_of(seen), able)
        assert words[name] == given.antialiased


@pytest.mark.parametrize("build", ["draws"], indirect=True)
def test_strips(build):
    """Of a picture of several rows of bins."""
    params, pack, _, driver, opened, _ = build
    whole = view(pack, camera(70, 150), 1)
    for rows in (range(0, 5), range(1, 3), range(4, 5)):
        seen = whole.strip(rows)
        outcome, words = driver.constants(seen, opened)
        assert outcome == Outcome.OK
        assert words == masked(words_of(seen), params)
    outcome, _ = driver.constants(whole.strip(range(4, 6)), opened)
    assert outcome == Outcome.BAD_CAMERA


def test_registers_are_written_as_by_the_python_driver(build):
    params, pack, image, driver, opened, window = build
    other = Window(params)
    python = Accelerator(other, params)
    seen = ViewFrame(pack, camera(60, 50), INRIA, params)
    calls = [
        (driver.call, ("check",), python.check, ()),
        (driver.open, (0x12_3456_7000, len(image)), python.open, (0x12_3456_7000, len(image))),
        (driver.set_camera, (seen, opened), python.set_camera, seen.constants),
        (driver.call, ("start",), python.start, ()),
        (driver.call, ("queue",), python.queue, ()),
        (driver.stop, (), python.stop, ()),
        (driver.enable_interrupts, (3,), python.enable_interrupts, ("done", "error")),
        (driver.acknowledge, (), python.acknowledge, ()),
    ]
    if params.raster_lanes:
        window_of = (0x8000_0000, 4096)
        calls.append((driver.open, (*window_of, "open_picture"), python.open_picture, window_of))
    for call, arguments, expected, expected_arguments in calls:
        window.written.clear()
        other.written.clear()
        assert call(*arguments) in (Outcome.OK, None)
        expected(*expected_arguments)
        masks = {r.offset: sum(f.mask for f in r.fields) for r in register_map(params)}
        assert window.written == [(at, value & masks[at]) for at, value in other.written]
    window.words |= {at: 3 * at for at in window.words if at >= OFFSETS["COUNTER_FRAMES"]}
    other.words = window.words
    assert driver.counters() == python.counters()


def test_refusals(build):
    """Each as a code, where the Python driver raises; nothing is written."""
    params, pack, image, driver, opened, window = build
    reach = 1 << params.address_bits
    window.written.clear()
    bad = ((4095, 4096), (2048, 4096), (reach - 4096, 4096), (reach, 4096), (0, 255))
    for address, size in bad:
        assert driver.open(address, size) == Outcome.BAD_ADDRESS
        with pytest.raises(InputError):
            Accelerator(Window(params), params).open(address, size)
    for register, outcome in (
        ("IDENTITY", Outcome.ABSENT),
        ("VERSION", Outcome.OTHER_BUILD),
        ("CONFIG_MEMORY", Outcome.OTHER_BUILD),
    ):
        kept = window.words[OFFSETS[register]]
        window.words[OFFSETS[register]] = kept ^ 0x10000
        assert driver.call("check") == outcome
        window.words[OFFSETS[register]] = kept
    window.words[OFFSETS["VERSION"]] ^= 0x7  # another minor version
    assert driver.call("check") == Outcome.OK
    window.words[OFFSETS["VERSION"]] ^= 0x7
    window.words[OFFSETS["STATUS"]] = 1
    assert driver.call("start") == Outcome.BUSY
    assert driver.wait(3)[0] == Outcome.TIMEOUT
    window.words[OFFSETS["STATUS"]] = 9
    assert driver.call("queue") == Outcome.QUEUED
    assert driver.set_camera(ViewFrame(pack, camera(9, 9), INRIA, params), opened) == Outcome.QUEUED
    window.words[OFFSETS["STATUS"]] = 0
    assert driver.wait(3)[0] == Outcome.NOT_STARTED
    for spoilt in (
        b"",
        image[:255],
        b"X" + image[1:],
        image[:8] + b"\x05" + image[9:],
        image[:56] + b"\x01" + image[57:],
        image[:5000],
    ):
        assert driver.open_pack(spoilt, c_driver.Pack()) == Outcome.BAD_PACK
    assert not window.written


def test_frames_on_the_compiled_accelerator(tmp_path):
    """C alone, from the check to the counters: splats and codes are the model's."""
    pack = small_pack(5)
    image = pack_image(pack)
    with AcceleratorHarness(BASE, image, MemoryModel(latency_cycles=20)) as bus:
        driver, opened = CDriver(BASE, tmp_path, bus.read, bus.write), c_driver.Pack()
        assert driver.call("check") == Outcome.OK
        assert driver.open_pack(image, opened) == Outcome.OK
        assert driver.open(0x4000_0000, len(image)) == Outcome.OK
        driver.enable_interrupts(1)
        views = random_views(pack, 4, BASE, seed=2)
        for n, seen in enumerate(views):
            assert driver.set_camera(seen, opened) == Outcome.OK
            assert driver.call("queue" if n else "start") == Outcome.OK
            while driver.status()["queued"]:
                bus.run(5, until_irq=False)
        outcome, state = driver.wait(100_000)
        assert outcome == Outcome.OK
        assert (state["code"], state["frames"]) == (StatusCode.DONE, len(views))
        *frames, rest = bus.frames()
        assert len(rest) == 0
        for splats, seen in zip(frames, views, strict=True):
            assert np.array_equal(splats, seen.splats)
        assert driver.acknowledge() == 1
        counters = driver.counters()
        assert {name: counters[name] for name in views[-1].counters} == views[-1].counters
        driver.call("start")
        driver.stop()
        assert driver.wait(100_000)[1]["code"] == StatusCode.STOPPED
