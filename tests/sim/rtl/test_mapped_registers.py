"""The Python driver on memory-mapped registers: plain memory, and an interface as PYNQ's."""

import mmap

import numpy as np

from golden.params import Parameters
from hw.host.register_map import register_map
from sim.model.memory import MemoryModel
from sim.rtl.accelerator_harness import AcceleratorHarness
from sim.rtl.driver import Accelerator, pack_image
from sim.rtl.mapped_registers import MappedRegisters
from tests.rtl.accelerator.accelerator_stimulus import random_views, small_pack
from tests.sim.rtl.test_driver import FakeRegisters, constants

PARAMS = Parameters()


class Mmio:
    """As strict as PYNQ's MMIO: whole words at multiples of 4, Python's own int and no other."""

    def __init__(self, bus):
        self.bus = bus

    def read(self, offset=0, length=4, word_order="little"):
        assert (length, word_order) == (4, "little")
        assert offset >= 0
        assert offset % 4 == 0
        return int(self.bus.read(offset))

    def write(self, offset, data):
        assert offset >= 0
        assert offset % 4 == 0
        assert type(data) is int
        self.bus.write(offset, data)


def test_every_word_lands_where_a_bus_has_it():
    memory, fake = mmap.mmap(-1, 8192), FakeRegisters()
    for offset, word in fake.words.items():
        memory[offset : offset + 4] = word.to_bytes(4, "little")
    for bus in (MappedRegisters(memory), fake):
        driver = Accelerator(bus, PARAMS)
        driver.check()
        driver.open(0x12_3456_7000, 0x5000)
        driver.set_camera(*constants())
        driver.enable_interrupts("done")
        driver.start()
    words = np.frombuffer(memory, "<u4")
    written = {fake.map[name].offset: value for name, value in fake.writes}
    assert len(written) > 40
    assert {offset: words[offset // 4] for offset in written} == written
    others = {r.offset for r in register_map(PARAMS)} - written.keys()
    assert all(words[at // 4] == fake.words[at] for at in others)
    assert not words[1024:].any()


def test_a_frame_through_the_interface_of_pynq():
    """On the compiled accelerator: splats and counters are the model's."""
    pack = small_pack(5)
    image = pack_image(pack)
    (seen,) = random_views(pack, 1, PARAMS, seed=2)
    with AcceleratorHarness(PARAMS, image, MemoryModel(latency_cycles=20)) as board:
        driver = Accelerator(Mmio(board), PARAMS)
        driver.check()
        driver.open(0x4000_0000, len(image))
        driver.set_camera(*seen.constants)
        driver.start()
        driver.wait(60).check()
        counters = driver.counters()
        assert {name: counters[name] for name in seen.counters} == seen.counters
        assert np.array_equal(board.frames()[0], seen.splats)
