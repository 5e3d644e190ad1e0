"""Designs from the cache, and tools that fail."""

import pytest
from amaranth.back.verilog import YosysError

from golden.errors import InputError
from golden.params import Parameters
from sim.rtl import design_cache


def test_a_yosys_that_fails_is_one_sentence(tmp_path, monkeypatch):
    def make(params):
        raise YosysError("Traceback:\nWasmtimeError: no cache /x\n\nCaused by:\n    No such file")

    monkeypatch.setattr(design_cache, "cache_folder", lambda: tmp_path)
    with pytest.raises(InputError, match=r"write the Verilog \(.*No such file\): check") as r:
        design_cache.cached_design(make, Parameters())
    assert "\n" not in str(r.value)
    assert "no cache /x" in str(r.value)
    assert list(tmp_path.iterdir()) == []
