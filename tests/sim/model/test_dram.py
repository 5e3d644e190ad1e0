"""The DRAM model against timings worked by hand, tight on both sides."""

from dataclasses import replace

import numpy as np
import pytest

from golden.errors import InputError
from sim.model.dram import play_requests
from sim.model.dram_config import DRAMS, load_dram
from sim.model.requests import Requests, contiguous, interleaved, merge_order, runs

LPDDR4 = load_dram("lpddr4_3200_x128")
# One channel without refresh, so that a stream's time is a sum of a few terms.
ONE = replace(LPDDR4, channels=1, refi_ns=20000, rfc_ns=10, interleave_bytes=2048)
ROW, BANKS, BURST = ONE.row_bytes, ONE.banks, ONE.burst_bytes
FIRST_NS = 18.0 + 19.5  # tRCD + read latency, before the first data


def reads(*addresses: int, size: int = BURST) -> Requests:
    n = len(addresses)
    return Requests(np.array(addresses), np.full(n, size), np.zeros(n, bool))


def test_the_presets_are_what_their_names_say():
    assert LPDDR4.peak_gb_per_s == pytest.approx(51.2)
    assert load_dram("ddr4_2400_x64").peak_gb_per_s == pytest.approx(19.2)
    for path in DRAMS.glob("*.toml"):
        assert load_dram(path.stem).source


def test_turn_arounds_are_those_of_the_formulas():
    """From command to command in clocks, then the gap between data, as the files' comments say."""
    clock, rl, wl, half_burst, dqsck = 0.625, 28, 14, 8, 2.0
    rtw = rl + 6 + half_burst - wl + 2 + 0
    gap = (rtw + wl - rl - half_burst) * clock - dqsck
    assert LPDDR4.read_to_write_ns == pytest.approx(gap)
    wtr = wl + 1 + half_burst + 16
    assert LPDDR4.write_to_read_ns == pytest.approx((wtr + rl - wl - 8) * clock + dqsck, abs=0.7)
    ddr4, clock = load_dram("ddr4_2400_x64"), 2 / 2.4
    assert ddr4.read_to_write_ns == pytest.approx(2 * clock, abs=0.05)
    assert ddr4.write_to_read_ns == pytest.approx(7.5 + 17 * clock, abs=0.05)


def test_row_hits_follow_each_other_without_a_gap():
    run = play_requests(contiguous(0, ROW, False), ONE, 1)
    assert (run.hits, run.misses) == (63, 1)
    assert run.time_ns == pytest.approx(FIRST_NS + 64 * 5.0)
    assert (run.bytes, run.burst_bytes) == (ROW, ROW)


def test_rows_of_other_banks_are_opened_while_data_moves():
    """A run over all banks is as fast as one row: each activate hides behind 64 bursts."""
    run = play_requests(contiguous(0, BANKS * ROW, False), ONE, 16)
    assert run.misses == BANKS
    assert run.time_ns == pytest.approx(FIRST_NS + BANKS * 64 * 5.0)


def test_rows_of_one_bank_cost_a_row_cycle_each():
    """Data, tRTP before tRAS ends, precharge, activate: tRC = tRAS + tRP = 60 ns a row."""
    n = 20
    run = play_requests(reads(*(BANKS * ROW * np.arange(n)).tolist()), ONE, 1)
    assert (run.hits, run.misses) == (0, n)
    # one after another, and with a window the next row may be precharged as early as tRAS allows
    assert run.time_ns == pytest.approx(FIRST_NS + (n - 1) * 60.0 + 5.0)


def test_a_row_a_burst_over_all_banks_is_bound_by_activates():
    """Four activates each tFAW = 40 ns, so a burst each 10 ns: half the peak, not a row cycle."""
    n = 400
    run = play_requests(reads(*(ROW * np.arange(n)).tolist()), ONE, 16)
    assert run.misses == n
    assert run.time_ns == pytest.approx(FIRST_NS + (n - 1) * 10.0 + 5.0, abs=0.1)


def test_a_window_finds_the_row_that_is_open():
    """Two rows of one bank, asked in turn: in order every burst opens a row, in a window few do."""
    n = 64
    address = np.where(np.arange(n) % 2 == 0, 0, BANKS * ROW) + BURST * (np.arange(n) // 2)
    in_order = play_requests(reads(*address.tolist()), ONE, 1)
    window = play_requests(reads(*address.tolist()), ONE, 16)
    assert in_order.misses == n
    assert in_order.time_ns == pytest.approx(FIRST_NS + (n - 1) * 60.0 + 5.0)
    assert window.misses <= n // 8
    assert window.hits + window.misses == n


def test_without_a_hit_the_bank_that_is_ready_first_goes_first():
    """A row, another of its bank, one of a bank that is free: that one hides behind the first."""
    run = play_requests(reads(0, BANKS * ROW, ROW), ONE, 2)
    assert run.misses == 3
    # activates: 0, at 10 the free bank, at 60 (tRC) the bank of the first
    assert run.time_ns == pytest.approx(60.0 + FIRST_NS + 5.0)
    in_order = play_requests(reads(0, BANKS * ROW, ROW), ONE, 1)
    # in order, the third one is known when the command of the second goes, tRCD after its activate
    assert in_order.time_ns == pytest.approx(60.0 + 18.0 + FIRST_NS + 5.0)


def test_a_channel_of_random_rows_is_bound_by_its_banks():
    """Row cycles of 60 ns in eight banks allow a burst each 10 ns (tRRD, tFAW): a window finds
    banks that are ready; the order alone does not."""
    rng = np.random.default_rng(3)
    stream = reads(*(ROW * rng.integers(0, 4000, 4000)).tolist())
    ready, in_order = play_requests(stream, ONE, 32), play_requests(stream, ONE, 1)
    assert 10.0 <= ready.time_ns / 4000 < 11.5
    assert in_order.time_ns / 4000 > 20


def test_refresh_takes_its_share():
    """Each tREFI: precharge of what is open, tRFC, activate again."""
    run = play_requests(contiguous(0, 1 << 20, False), replace(LPDDR4, channels=1), 16)
    busy = (1 << 20) / 32 * 5.0
    least, most = LPDDR4.rfc_ns, LPDDR4.rfc_ns + 18 + 18 + 19.5 + 18 + 7.5
    periods = run.time_ns / LPDDR4.refi_ns
    assert run.refreshes == int(periods)
    assert least < (run.time_ns - busy - FIRST_NS) / run.refreshes < most
    assert 0.93 < run.achieved_gb_per_s / 6.4 < 1 - LPDDR4.rfc_ns / LPDDR4.refi_ns


def test_turning_the_bus_costs_what_is_stated():
    """A write, a read, a write in one open row: gaps of 30 and 3 ns between their data."""
    requests = Requests(np.array([0, 32, 64]), np.full(3, 32), np.array([True, False, True]))
    run = play_requests(requests, ONE, 1)
    assert run.turns == 2
    assert run.time_ns == pytest.approx(18.0 + 8.75 + 5 + 30 + 5 + 3 + 5)


def test_a_written_row_closes_after_write_recovery():
    """Activate, write, tWR, precharge, activate, read: 18 + 8.75 + 5 + 18 + 18 + 18 + 19.5 + 5."""
    requests = Requests(np.array([0, BANKS * ROW]), np.full(2, 32), np.array([True, False]))
    assert play_requests(requests, ONE, 1).time_ns == pytest.approx(110.25)


def test_channels_share_a_run_evenly():
    one = play_requests(contiguous(0, 1 << 18, False), replace(LPDDR4, channels=1), 16)
    eight = play_requests(contiguous(0, 1 << 21, False), LPDDR4, 16)
    assert eight.time_ns == pytest.approx(one.time_ns, rel=0.01)
    assert eight.achieved_gb_per_s > 0.9 * 51.2


def test_part_of_a_burst_moves_a_whole_one():
    run = play_requests(reads(30, size=4), ONE, 1)
    assert (run.bytes, run.burst_bytes) == (4, 64)


def test_bank_groups_slow_bursts_of_one_group():
    """DDR4: a row lies in one group, so its bursts follow each other by tCCD_L, not tCCD_S."""
    ddr4 = replace(load_dram("ddr4_2400_x64"), refi_ns=20000, rfc_ns=10)
    run = play_requests(contiguous(0, 8192, False), ddr4, 1)
    assert run.time_ns == pytest.approx(14.16 + 14.16 + 127 * 5.0 + 3.3333, abs=0.01)


def test_nothing_takes_no_time():
    run = play_requests(contiguous(0, 0, True), LPDDR4, 16)
    assert (run.time_ns, run.bytes, run.achieved_gb_per_s) == (0.0, 0, 0.0)


def test_runs_are_cut_at_pieces():
    cut = runs(np.array([100, 4096]), np.array([500, 32]), False)
    assert cut.address.tolist() == [100, 256, 512, 4096]
    assert cut.size.tolist() == [156, 256, 88, 32]


def test_interleaved_streams_progress_together():
    merged = interleaved(contiguous(0, 1024, False), contiguous(4096, 512, True))
    assert merged.bytes == 1536
    assert merged.write.tolist() == [False, True, False, False, True, False]


@pytest.mark.parametrize("lengths", [[0], [1], [0, 3], [400, 1, 0, 77, 900]])
def test_merged_runs_are_a_stable_sort(lengths):
    random = np.random.default_rng(len(lengths))
    keys = np.concatenate([np.sort(random.integers(0, 50, n)) / 50 for n in lengths])
    order = merge_order(keys, np.cumsum([0, *lengths]))
    assert np.array_equal(order, np.argsort(keys, kind="stable"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rcd_ns": 0.0}, "rcd_ns is 0.0 where a number from 1 to 200"),
        ({"banks": 9, "bank_groups": 2}, "is no memory"),
        ({"interleave_bytes": 96}, "is no memory"),
        ({"refi_ns": 150.0}, "is no memory"),
        ({"source": ""}, "source is not one line of text"),
    ],
)
def test_impossible_memories_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        replace(LPDDR4, **changes)


def test_an_unknown_memory_is_refused():
    with pytest.raises(InputError, match=r"memory 'sdram' is not known: choose .*lpddr4_3200_x128"):
        load_dram("sdram")
