"""Compiled code that is kept on disk is that of today's sources, of whatever file they are."""

import os
import subprocess
import sys
from pathlib import Path

import golden

CALLER = """
from golden.jit import parallel_kernel, parallel_range, serial_kernel
from part import NUMBER, twice
import numpy as np

@serial_kernel
def between(x):
    return twice(x)

@parallel_kernel
def fill(out):
    for i in parallel_range(len(out)):
        out[i] = between(i) + NUMBER

out = np.zeros(4, np.int64)
fill(out)
print(out.tolist(), sum(fill.stats.cache_hits.values()))
"""
ROOT = str(Path(golden.__file__).parents[1])
PART = """
from golden.jit import serial_kernel
NUMBER = {number}

@serial_kernel
def twice(x):
    return {factor} * x
"""


def test_a_kernel_follows_the_other_files_that_it_uses(tmp_path):
    caller = tmp_path / "caller.py"
    caller.write_text(CALLER)
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), ROOT]))

    def printed(number: int, factor: int) -> str:
        (tmp_path / "part.py").write_text(PART.format(number=number, factor=factor))
        run = subprocess.run(
            [sys.executable, str(caller)], env=environment, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()

    assert printed(1, 2) == "[1, 3, 5, 7] 0"
    assert printed(1, 2) == "[1, 3, 5, 7] 1"  # nothing has changed: not compiled anew
    assert printed(1, 3) == "[1, 4, 7, 10] 0"  # a kernel two files of calls away has
    assert printed(5, 3) == "[5, 8, 11, 14] 0"  # a number of another file has
