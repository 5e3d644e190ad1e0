"""The Python driver on memory-mapped registers."""

import mmap

import numpy as np

from golden.params import Parameters
from hw.host.register_map import register_map
from sim.rtl.driver import Accelerator
from sim.rtl.mapped_registers import MappedRegisters
from tests.sim.rtl.test_driver import FakeRegisters, constants

PARAMS = Parameters()


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
