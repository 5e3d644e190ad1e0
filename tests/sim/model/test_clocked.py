"""The compiled clocks of the cycle model: each is compiled once, for one type of each argument."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.model.clocked import registers

ROOT = Path(__file__).resolve().parents[3]
# Runs a frame where nothing is compiled yet; prints how many types each kernel was compiled for.
PROGRAM = """
import json, sys
import numpy as np
from golden.params import Parameters
from sim.model.front_end.timing import front_end_timing
from sim.model.memory import MemoryModel
from sim.model.outcome import FrameOutcome
from sim.model.stages.cluster_cull import cull_cycles

runs = np.array([[0, 2], [2, 3]])
outcome = FrameOutcome(
    np.ones(1, bool), runs[:1], np.ones(2, bool), runs, np.array([True, False, True, True, False])
)
front_end_timing(outcome, Parameters(), MemoryModel())
front_end_timing(outcome, Parameters(data_bits=64), MemoryModel(busy_256=9))
cull_cycles(outcome.group_visible, runs[:1, 1], outcome.cluster_visible, 20)
counts = {
    name: len(value.signatures)
    for module in list(sys.modules.values())
    if getattr(module, "__name__", "").startswith("sim.model")
    for name, value in vars(module).items()
    if name.startswith(("clock_", "simulate")) and hasattr(value, "signatures")
}
print(json.dumps(counts))
"""


@pytest.mark.slow
def test_each_clock_is_compiled_for_one_type(tmp_path):
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    used = {name: count for name, count in json.loads(run.stdout).items() if count}
    assert len(used) >= 13
    assert set(used.values()) == {1}, used


def test_a_record_holds_registers_and_the_blocks_within():
    inner = registers("valid")
    outer = registers("count", fifo=inner)
    assert outer.names == ("count", "fifo")
    assert outer["fifo"] == inner
    assert outer.itemsize == 16
