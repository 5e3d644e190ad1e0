"""cocotb bench of the write master; its testbench: write_master_testbench."""

from __future__ import annotations

import random

import cocotb

from tests.rtl.bus.write_master_testbench import (
    PATTERNS,
    Testbench,
    random_latency,
    random_run,
)


@cocotb.test(timeout_time=2, timeout_unit="ms")
@cocotb.parametrize(
    memory=["library", "parallel"],
    idle=["always", "random", "rarely"],
    pressure=list(PATTERNS),
)
async def writes(dut, memory, idle, pressure):
    """Random runs of all clients, some beyond their window: idle x back-pressure."""
    random.seed(f"{memory} {idle} {pressure}")
    bench = Testbench(dut)
    await bench.start(random_latency if memory == "parallel" else None)
    bench.pause(idle, pressure)
    for n in bench.clients:
        for _ in range(12):
            bench.write(n, *random_run(bench, n, beyond=True), frame=random.getrandbits(1))
    await bench.finish()
    assert dut.error_0.value == 0
    assert dut.error_1.value == 0
