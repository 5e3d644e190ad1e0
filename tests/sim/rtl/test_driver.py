"""The host driver against a model of the register file: what it writes, reads and refuses."""

from dataclasses import replace

import numpy as np
import pytest

from golden.camera import Camera
from golden.errors import InputError
from golden.grid import Grid
from golden.pack.file import load_pack
from golden.params import Parameters
from golden.rules import INRIA
from golden.stages.cluster_cull.constants import cluster_cull_constants
from golden.stages.gaussian_project.constants import gaussian_project_constants
from golden.stages.tile_bin.constants import PAGE_BYTES
from golden.view import ListMemory
from hw.host.register_map import constant_register, counter_register, frame_counters, register_map
from hw.host.status import STATUS_MEANINGS, StatusCode
from sim.rtl.driver import Accelerator, Status, pack_image
from tests.golden.pack.pack_cases import packed, plain_scene
from tests.rtl.accelerator.picture_stimulus import SMALL, camera, cloud, drawn_pack, view

PARAMS = Parameters()


class FakeRegisters:
    """A register file of words by offset, in which a frame lasts `polls` reads of STATUS."""

    def __init__(self, params=PARAMS, polls=3, code=StatusCode.DONE):
        self.map = {register.name: register for register in register_map(params)}
        self.words = dict.fromkeys((register.offset for register in self.map.values()), 0)
        self.polls, self.code, self.left, self.frames = polls, code, [], 0
        self.done = self.ended_with = 0
        self.writes: list[tuple[str, int]] = []
        for register in self.map.values():
            for field in register.fields:
                self.words[register.offset] |= (field.value or 0) << field.first_bit

    def read(self, offset: int) -> int:
        name = self.name(offset)
        if name == "STATUS":
            return self.status()
        return 0 if self.map[name].access == "wo" else self.words[offset]

    def write(self, offset: int, value: int) -> None:
        name = self.name(offset)
        assert 0 <= value < 1 << 32, "the bus takes words"
        assert self.map[name].access != "ro", f"{name} is read only"
        self.writes.append((name, value))
        if name == "CONTROL":
            self.control(value)
        elif name == "INTERRUPT":
            self.words[offset] &= ~value
        else:
            self.words[offset] = value

    def name(self, offset: int) -> str:
        (name,) = (name for name, register in self.map.items() if register.offset == offset)
        return name

    def control(self, value: int) -> None:
        asked = {field.name: bool(value & field.mask) for field in self.map["CONTROL"].fields}
        if asked["stop"] and self.left:
            self.left[0], self.code = 0, StatusCode.STOPPED
        if (asked["start"] and not self.left) or (asked["queue"] and len(self.left) < 2):
            self.left.append(self.polls)
            self.done = self.ended_with = 0

    def status(self) -> int:
        if self.left and self.left[0] == 0:
            self.left.pop(0)
            self.frames, self.done, self.ended_with = self.frames + 1, 1, self.code
        elif self.left:
            self.left[0] -= 1
        values = {
            "busy": bool(self.left),
            "queued": len(self.left) > 1,
            "done": self.done,
            "start_ignored": 0,
            "code": int(self.ended_with),
            "frames": self.frames,
        }
        fields = self.map["STATUS"].fields
        return sum(int(values[field.name]) << field.first_bit for field in fields)


@pytest.fixture
def bus() -> FakeRegisters:
    return FakeRegisters()


@pytest.fixture
def accelerator(bus) -> Accelerator:
    return Accelerator(bus, PARAMS)


def constants(yaw=0.3, params=PARAMS):
    viewmat = np.eye(4)
    viewmat[:3, :3] = [
        [np.cos(yaw), 0, np.sin(yaw)],
        [0, 1, 0],
        [-np.sin(yaw), 0, np.cos(yaw)],
    ]
    viewmat[:3, 3] = -1, 0.5, 3
    camera = Camera("view", 640, 480, 500.0, 510.0, 320.0, 240.0, viewmat)
    return tuple(
        make(camera, INRIA, Grid(-18), params)
        for make in (cluster_cull_constants, gaussian_project_constants)
    )


def test_check_accepts_its_own_hardware(accelerator):
    accelerator.check()


def test_check_allows_a_later_minor_version(bus, accelerator):
    bus.words[bus.map["VERSION"].offset] += 3
    accelerator.check()


@pytest.mark.parametrize(
    ("register", "value", "message"),
    [
        ("IDENTITY", 0xFFFFFFFF, "no splatsieve answers: its identity reads 0xffffffff"),
        ("VERSION", 0x0004_0400, "the hardware has hardware_major = 4 where the driver has 3"),
        ("VERSION", 0x0009_0300, "the hardware has pack = 9 where the driver has 4"),
        ("CONFIG", 0x0100_2802, "the hardware has lanes = 2 where the driver has 1"),
    ],
)
def test_check_refuses_other_hardware(bus, accelerator, register, value, message):
    bus.words[bus.map[register].offset] = value
    with pytest.raises(InputError, match=message):
        accelerator.check()


@pytest.mark.parametrize(
    "change",
    [
        {"center_bits": 23},
        {"data_bits": 512},
        {"length_fraction_bits": 3},
        {"conic_bits": 20},
        {"burst_beats": 16},
    ],
)
def test_check_refuses_hardware_of_other_parameters(bus, change):
    (name,) = change
    with pytest.raises(InputError, match=f"the hardware has {name} = "):
        Accelerator(bus, replace(PARAMS, **change)).check()


@pytest.mark.parametrize(
    ("address", "size"), [(0, 256), (0x12_3456_7000, 0x5_4321_0123), (0xFF_FFFF_F000, 4095)]
)
def test_open_writes_address_and_length(bus, accelerator, address, size):
    accelerator.open(address, size)
    word = {name: value for name, value in bus.writes}
    assert word["PACK_ADDRESS_HIGH"] << 32 | word["PACK_ADDRESS_LOW"] == address
    assert word["PACK_BYTES_HIGH"] << 32 | word["PACK_BYTES_LOW"] == size


@pytest.mark.parametrize(
    ("address", "size", "message"),
    [
        (0x1800, 4096, "address 0x1800 is no multiple of 4096"),
        (0, 255, "a pack of 255 bytes at 0x0 is shorter than a header"),
        (0xFF_FFFF_F000, 4096, "beyond 40 bits of address"),
        (1 << 40, 4096, "beyond 40 bits of address"),
        (-4096, 4096, "beyond 40 bits of address"),
        (0, -1, "a pack of -1 bytes"),
    ],
)
def test_open_refuses_what_is_out_of_reach(bus, accelerator, address, size, message):
    with pytest.raises(InputError, match=message):
        accelerator.open(address, size)
    assert bus.writes == []


def test_set_camera_writes_each_constant_once(bus, accelerator):
    culling, projecting = constants()
    accelerator.set_camera(culling, projecting)
    ports = culling.as_ports() | projecting.as_ports()
    assert sorted(name for name, _ in bus.writes) == sorted(map(constant_register, ports))
    for name, value in bus.writes:
        (port,) = (port for port in ports if constant_register(port) == name)
        assert bus.map[name].fields[0].of(value) == ports[port]
    assert any(value >> 31 for _, value in bus.writes), "no negative constant was tried"


def test_set_camera_refuses_a_stage_left_out(bus, accelerator):
    culling, projecting = constants()
    with pytest.raises(InputError, match="frame constant camera_exponent is missing: give"):
        accelerator.set_camera(projecting)
    with pytest.raises(InputError, match="frame constant jacobian_x0 is missing: give"):
        accelerator.set_camera(culling)
    assert bus.writes == []


def test_set_camera_refuses_two_cameras(bus, accelerator):
    with pytest.raises(InputError, match=r"rotation_.. differs between two sets"):
        accelerator.set_camera(constants(0.3)[0], constants(0.4)[1])
    assert bus.writes == []


def test_set_camera_refuses_other_formats():
    params = replace(PARAMS, rotation_fraction_bits=15)
    bus = FakeRegisters(params)
    with pytest.raises(InputError, match=r"= 131071 does not fit s1\.15: make the constants for"):
        Accelerator(bus, params).set_camera(*constants(0.0))
    assert bus.writes == []


def test_a_frame_from_start_to_counters(bus, accelerator):
    for number, name in enumerate(("frames", *frame_counters(PARAMS))):
        bus.words[bus.map[counter_register(name)].offset] = 1000 + number
    accelerator.start()
    status = accelerator.wait(5.0)
    assert status == Status(False, False, True, False, StatusCode.DONE, 1)
    status.check()
    assert bus.writes == [("CONTROL", 1)]
    names = ("frames", *frame_counters(PARAMS))
    assert accelerator.counters() == {name: 1000 + n for n, name in enumerate(names)}


def test_start_is_refused_while_busy(bus, accelerator):
    accelerator.start()
    with pytest.raises(InputError, match="a frame is under way"):
        accelerator.start()
    assert bus.writes == [("CONTROL", 1)]


def test_one_frame_may_wait():
    accelerator = Accelerator(FakeRegisters(polls=20), PARAMS)
    accelerator.queue()
    accelerator.queue()
    assert accelerator.status().queued
    with pytest.raises(InputError, match="a frame is queued already"):
        accelerator.queue()
    with pytest.raises(InputError, match="a queued frame has not begun"):
        accelerator.set_camera(*constants())
    while accelerator.status().queued:
        pass
    accelerator.set_camera(*constants())
    assert accelerator.wait(5.0).frames == 2


@pytest.mark.parametrize("list_memories", [1, 2])
def test_frames_that_overlap_have_two_list_memories(list_memories):
    """Lists that share a page with those of the frame before wait for its end; where a build makes
    none beside its drawing, they need not."""
    params = replace(SMALL, list_memories=list_memories)
    seen = view(drawn_pack(cloud(20)), camera(20, 20), params=params)
    accelerator = Accelerator(FakeRegisters(params, polls=20), params)
    first, same, meets, other = (
        replace(seen, memory=ListMemory(page * PAGE_BYTES, 8 * PAGE_BYTES)).constants
        for page in (100, 100, 107, 108)
    )
    accelerator.set_camera(*first)
    accelerator.queue()
    for constants_ in (same, meets):
        accelerator.set_camera(*constants_)
        if list_memories == 1:
            accelerator.queue()
            while accelerator.status().queued:
                pass
        else:
            with pytest.raises(InputError, match="give frames two list memories in turn"):
                accelerator.queue()
    accelerator.set_camera(*other)
    accelerator.queue()
    assert accelerator.wait(5.0).frames == (4 if list_memories == 1 else 2)
    accelerator.queue()
    assert accelerator.wait(5.0).done


@pytest.mark.parametrize("code", [c for c in StatusCode if c not in (0, 1, StatusCode.IGNORED)])
def test_a_failed_frame_is_told(code):
    accelerator = Accelerator(FakeRegisters(code=code), PARAMS)
    accelerator.start()
    status = accelerator.wait(5.0)
    assert (status.code, status.done) == (code, True)
    with pytest.raises(InputError, match="ended a frame with code") as error:
        status.check()
    assert STATUS_MEANINGS[code] in str(error.value)


def test_stop_ends_a_frame():
    accelerator = Accelerator(FakeRegisters(polls=1 << 30), PARAMS)
    accelerator.start()
    accelerator.stop()
    assert accelerator.wait(5.0).code == StatusCode.STOPPED


def test_wait_gives_up():
    accelerator = Accelerator(FakeRegisters(polls=1 << 30), PARAMS)
    accelerator.start()
    with pytest.raises(TimeoutError, match=r"still under way after 0\.01 s"):
        accelerator.wait(0.01)


def test_wait_without_a_frame_is_refused(accelerator):
    with pytest.raises(InputError, match="no frame was started"):
        accelerator.wait(1.0)


def test_interrupts(bus, accelerator):
    accelerator.enable_interrupts("done", "start_ignored")
    assert bus.writes == [("INTERRUPT_ENABLE", 0b101)]
    bus.words[bus.map["INTERRUPT"].offset] = 0b110
    assert accelerator.acknowledge() == {"error", "start_ignored"}
    assert accelerator.acknowledge() == set()
    accelerator.enable_interrupts()
    assert bus.writes[-1] == ("INTERRUPT_ENABLE", 0)


def test_pack_image_is_the_file(tmp_path):
    pack = packed(plain_scene(300, seed=3))
    image = pack_image(pack)
    path = tmp_path / "copy.pack"
    path.write_bytes(image)
    again = load_pack(path)
    assert again.meta == pack.meta
    for name in ("groups", "clusters", "geometry"):
        np.testing.assert_array_equal(getattr(again, name), getattr(pack, name))
    assert pack_image(pack) == image
