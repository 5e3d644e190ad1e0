"""Energy of the DRAM: the formulas against a case worked by hand, each term, what is not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.errors import InputError
from golden.rules import INRIA
from sim.model.clocked_frame import clocked_frames
from sim.model.config import load_model_config
from sim.model.counts import frame_counts
from sim.model.dram import play_requests
from sim.model.dram_config import DRAMS, load_dram
from sim.model.dram_currents import CURRENTS
from sim.model.dram_energy import (
    TERMS,
    command_energy,
    dram_energy,
    energy_of_runs,
    mean_energy,
)
from sim.model.frame import model_frame
from sim.model.requests import Requests
from sim.model.text import model_figures, model_text

EDGE = load_model_config("edge")
LPDDR4, DDR4 = load_dram("lpddr4_3200_x128"), load_dram("ddr4_2400_x64")
MS_NS = 1e6


def test_energy_of_a_command_is_that_worked_by_hand():
    """Volts x mA x ns = pJ. VDD1 1.8 V: IDD0 3.5, 2N 2.0, 3N 2.25, 4R and 4W 2.25, 5 10.0 mA.
    VDD2 1.1 V: 45, 27, 30, 275, 210, 90 mA. tRAS 42 ns, tRP 18, a burst 5, tRFC 180."""
    each = command_energy(LPDDR4)
    assert each is not None
    opens = (1.8 * 1.25 + 1.1 * 15) * 42  # 787.5
    closes = (1.8 * 1.5 + 1.1 * 18) * 18  # 405
    assert each.activate_pj == pytest.approx(opens + closes) == pytest.approx(1192.5)
    assert each.read_pj == pytest.approx(1.1 * 245 * 5) == pytest.approx(1347.5)
    assert each.write_pj == pytest.approx(1.1 * 180 * 5) == pytest.approx(990.0)
    assert each.refresh_pj == pytest.approx((1.8 * 7.75 + 1.1 * 60) * 180) == pytest.approx(14391)
    assert each.background_mw == pytest.approx(1.8 * 2.25 + 1.1 * 30) == pytest.approx(37.05)


def test_each_term_follows_its_own_count():
    assert dram_energy(LPDDR4, 0, 0, 0, 0.0).total_mj == 0.0
    counts = {"activate_mj": (1000, 0, 0), "read_mj": (0, 1000, 0), "write_mj": (0, 0, 1000)}
    per_command = (1192.5e-6, 1347.5e-6, 990e-6)
    for (term, numbers), value in zip(counts.items(), per_command, strict=True):
        found = dram_energy(LPDDR4, *numbers, time_ns=0.0)
        assert getattr(found, term) == pytest.approx(value) == pytest.approx(found.total_mj)
    # 1 ms: 256 refreshes of each of 8 channels are due, and all of them wait with 37.05 mW.
    waits = dram_energy(LPDDR4, 0, 0, 0, MS_NS)
    assert waits.refresh_mj == pytest.approx(8 * 256 * 14391e-9)
    assert waits.background_mj == pytest.approx(8 * 37.05e-3)
    assert waits.total_mj == pytest.approx(waits.refresh_mj + waits.background_mj)
    none_due = dram_energy(LPDDR4, 0, 0, 0, LPDDR4.refi_ns - 1)
    assert none_due.refresh_mj == 0.0


def test_reads_and_writes_of_a_run_are_told_apart():
    """Two bursts written and one read in one row, one read in another row."""
    address = np.array([0, 32, 64, LPDDR4.row_bytes])
    requests = Requests(address, np.full(4, 32), np.array([True, True, False, False]))
    one = replace(LPDDR4, channels=1, interleave_bytes=2048)
    run = play_requests(requests, one, 1)
    assert (run.written, run.misses, run.hits) == (2, 2, 2)
    found = energy_of_runs(one, [run], 1000.0)
    assert found == dram_energy(one, 2, 2, 2, 1000.0)
    twice = energy_of_runs(one, [run, run], 1000.0)
    assert twice == dram_energy(one, 4, 4, 4, 1000.0)


def test_a_clocked_frame_counts_what_its_dram_did(pack, camera):
    frame = clocked_frames(pack, camera, INRIA, EDGE, without=False)[0].frame
    runs = [frame.dram["stream"], frame.dram["render"]]
    time_ns = frame.frame_cycles * 1e3 / EDGE.clock_mhz
    assert frame.dram_energy == energy_of_runs(EDGE.memory, runs, time_ns)
    assert 0 < frame.dram_energy_mj < 1
    # Lists and picture are written; what is written is less than what moves.
    written = sum(run.written for run in runs) * EDGE.memory.burst_bytes
    assert 160 * 120 * 4 <= written < sum(run.burst_bytes for run in runs)
    # The refreshes that are due are those that the channels made, up to each channel's last.
    due = EDGE.memory.channels * int(time_ns // EDGE.memory.refi_ns)
    assert abs(sum(run.refreshes for run in runs) - due) <= EDGE.memory.channels


def test_a_frame_by_formula_has_it_too(pack, camera):
    config = load_model_config("base")
    frame = model_frame(frame_counts(pack, camera, INRIA, config), config)
    time_ns = frame.frame_cycles * 1e3 / config.clock_mhz
    expected = energy_of_runs(config.memory, (frame.dram["stream"], frame.dram["render"]), time_ns)
    assert frame.dram_energy == expected


def test_a_memory_without_currents_is_not_known_rather_than_nothing(pack, camera):
    assert DDR4.currents is None
    assert command_energy(DDR4) is None
    assert dram_energy(DDR4, 1, 1, 1, 1.0) is None
    config = load_model_config("fpga")
    frame = model_frame(frame_counts(pack, camera, INRIA, config), config)
    assert frame.dram_energy is None
    assert frame.dram_energy_mj is None
    assert "DRAM energy, mJ: not known" in model_text([frame], [frame])
    figures = model_figures([frame], [frame])
    assert figures["dram_energy_mj"] is None
    assert figures["dram_energy_terms_mj"] is None
    assert mean_energy([dram_energy(LPDDR4, 1, 1, 1, 1.0), None]) is None
    assert mean_energy([]) is None


def test_text_and_figures_have_terms_and_their_sum(pack, camera):
    on, off = (f.frame for f in clocked_frames(pack, camera, INRIA, EDGE, without=True))
    figures = model_figures([on], [off])
    assert figures["dram_energy_mj"]["views"] == [on.dram_energy_mj]
    assert figures["dram_energy_mj"]["gain"] == off.dram_energy_mj / on.dram_energy_mj > 1
    terms = figures["dram_energy_terms_mj"]
    assert set(terms) == set(TERMS)
    assert sum(terms.values()) == pytest.approx(on.dram_energy_mj)
    lines = model_text([on], [off]).splitlines()
    row = next(line for line in lines if line.startswith("culled"))
    assert row.split()[-1] == f"{on.dram_energy_mj:.4f}"
    assert lines[-1].startswith("An estimate")


CURRENTS_OF = LPDDR4.currents


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"supply_v": (1.1,)}, "supply_v has 1 values for 2 rails"),
        ({"idd0_ma": (1.0, float("nan"))}, "idd0_ma has nan where a number from 0"),
        ({"idd5_ma": (1.0, -1.0)}, "idd5_ma has -1.0 where"),
        ({"idd4r_ma": (2.25, 29.0)}, "idd4r_ma takes less power than idd3n_ma"),
        ({"rails": (), "supply_v": ()}, "rails has 0 names"),
        ({"source": ""}, "source is not one line"),
        ({"rails": ("VDD1", "a\nb")}, "a rail is not one line"),
    ],
)
def test_impossible_currents_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        replace(CURRENTS_OF, **changes)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[currents]", "[current]", "current is not known"),
        ("supply_v = [1.8, 1.1]", "supply_v = 1.8", "supply_v is 1.8 where a list of numbers"),
        ("supply_v = [1.8, 1.1]", "", "currents: supply_v is missing"),
        ("supply_v = [1.8, 1.1]", 'supply_v = ["a", "b"]', "where a list of numbers is needed"),
        ("idd0_ma", "idd0_a", "currents: idd0_a is not known"),
    ],
)
def test_a_file_of_other_currents_is_refused(tmp_path, old, new, message):
    text = (DRAMS / "lpddr4_3200_x128.toml").read_text()
    assert old in text
    path = tmp_path / "other.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        load_dram(str(path))


def test_a_table_of_currents_may_be_left_out(tmp_path):
    text = (DRAMS / "lpddr4_3200_x128.toml").read_text()
    path = tmp_path / "bare.toml"
    path.write_text(text.split("[currents]")[0])
    assert load_dram(str(path)) == replace(LPDDR4, currents=None)
    path.write_text(text.split("[currents]")[0] + "currents = 3\n")
    with pytest.raises(InputError, match="currents is 3 where a table is needed"):
        load_dram(str(path))


def test_every_file_of_currents_names_its_source():
    known = [load_dram(path.stem) for path in DRAMS.glob("*.toml")]
    assert any(dram.currents for dram in known)
    for dram in known:
        if dram.currents:
            assert dram.currents.source
            assert all(len(getattr(dram.currents, key)) == 2 for key in CURRENTS)
