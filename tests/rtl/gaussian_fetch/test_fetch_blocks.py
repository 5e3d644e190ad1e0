"""Blocks between memory, projection and output, alone in Amaranth's simulator."""

from __future__ import annotations

import itertools
import random

import pytest
from amaranth.hdl import Shape, Value
from amaranth.sim import Simulator

from golden.params import Parameters
from hw.bus.record_stream import RECORD_BITS, RecordStream
from hw.frame.splat_packer import SplatPacker
from hw.layouts import splat_record
from hw.stages.gaussian_fetch.run_merger import LONG_RUN_RECORDS, RunMerger

STALLS = (0.0, 0.3, 0.8)
RESULT_LIMIT_CYCLES = 5000


def simulate(dut, course):
    """Runs `course`, an async function of the context, on a component, to its end."""
    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    ended = []

    async def bench(ctx):
        await course(ctx)
        ended.append(True)

    simulator.add_testbench(bench)
    simulator.run()
    assert ended


class Output:
    """Takes what a stream offers, with stalls; what waits must not change."""

    def __init__(self, stream, stall: float):
        self.stream, self.stall, self.taken, self._waiting = stream, stall, [], None

    def look(self, ctx) -> bool:
        """Once a cycle, all inputs set: sets ready, notes what is taken; was anything?"""
        ready = random.random() >= self.stall
        ctx.set(self.stream.ready, ready)
        offered = None
        if ctx.get(self.stream.valid):
            offered = ctx.get(Value.cast(self.stream.payload))
        assert self._waiting in (None, offered), "what waited has changed"
        self._waiting = None if ready else offered
        if offered is None or not ready:
            return False
        self.taken.append(offered)
        return True


def offer(ctx, stream, payload: int | None):
    """An item on a stream, or none."""
    ctx.set(stream.valid, payload is not None)
    if payload is not None:
        ctx.set(Value.cast(stream.payload), payload)


# SplatPacker

SPLAT_BITS = Shape.cast(splat_record(Parameters())).width


def splat_beat_of(mask: int, lanes: int) -> tuple[int, list[int]]:
    """A beat with random records in all lanes, and those that count."""
    records = [random.getrandbits(SPLAT_BITS) for _ in range(lanes)]
    payload = sum(record << (SPLAT_BITS * n) for n, record in enumerate(records))
    kept = [record for n, record in enumerate(records) if mask >> n & 1]
    return payload | mask << (SPLAT_BITS * lanes), kept


def unpacked_beats(payloads: list[int], lanes: int) -> list[int]:
    """The splats of a frame's beats, which must be full, and the last one marked."""
    splats = []
    for n, payload in enumerate(payloads):
        mask = payload >> (SPLAT_BITS * lanes) & ((1 << lanes) - 1)
        last = payload >> (SPLAT_BITS * lanes + lanes)
        assert last == (n == len(payloads) - 1)
        assert mask & (mask + 1) == 0, "a gap"
        assert last or mask == (1 << lanes) - 1, "a beat in the middle that is not full"
        assert mask or len(payloads) == 1, "an empty beat behind others"
        for lane in range(mask.bit_count()):
            splats.append(payload >> (SPLAT_BITS * lane) & ((1 << SPLAT_BITS) - 1))
    return splats


async def packed_frame(ctx, dut, output, masks, lanes: int, idle: float, wait_cycles: int):
    """One frame: its beats, `wait_cycles` of nothing, then `drain` until `drained`."""
    due, beats = [], []
    for mask in masks:
        payload, kept = splat_beat_of(mask, lanes)
        beats.append(payload)
        due += kept
    output.taken.clear()
    while beats:
        offered = random.random() >= idle
        offer(ctx, dut.i, beats[0] if offered else None)
        output.look(ctx)
        taken = offered and ctx.get(dut.i.ready)
        assert not ctx.get(dut.drained)
        await ctx.tick()
        if taken:
            beats.pop(0)
    offer(ctx, dut.i, None)
    for _ in range(wait_cycles):
        output.look(ctx)
        await ctx.tick()
    ctx.set(dut.drain, 1)
    ended = False
    for _ in range(RESULT_LIMIT_CYCLES):
        took = output.look(ctx)
        assert bool(ctx.get(dut.drained)) == ended, "drained where the last beat was not taken"
        if ended:
            assert not ctx.get(dut.o.valid), "a beat behind the last"
            break
        if took:
            ended = bool(output.taken[-1] >> (SPLAT_BITS * lanes + lanes))
        await ctx.tick()
    assert ended
    ctx.set(dut.drain, 0)
    await ctx.tick()
    assert not ctx.get(dut.drained)
    assert unpacked_beats(output.taken, lanes) == due


@pytest.mark.parametrize("lanes", [1, 2, 3, 4])
def test_packer_keeps_every_splat_once(lanes):
    """Every pair of patterns of lanes in one frame, then frames of all short lengths."""
    random.seed(lanes)
    dut = SplatPacker(Parameters(lanes=lanes))
    patterns = range(1, 1 << lanes)

    async def course(ctx):
        pairs = [mask for pair in itertools.product(patterns, repeat=2) for mask in pair]
        await packed_frame(ctx, dut, Output(dut.o, 0.2), pairs, lanes, 0.1, 0)
        for stall, count, wait_cycles in itertools.product(STALLS, range(6), range(4)):
            masks = random.choices(patterns, k=count)
            await packed_frame(ctx, dut, Output(dut.o, stall), masks, lanes, stall / 2, wait_cycles)

    simulate(dut, course)


@pytest.mark.parametrize("lanes", [2, 3, 4])
def test_packer_ends_after_every_remainder(lanes):
    """Any number of splats modulo the lanes, before and behind the beat that is held."""
    random.seed(lanes)
    dut = SplatPacker(Parameters(lanes=lanes))

    async def course(ctx):
        for full, rest in itertools.product(range(3), range(1, 1 << lanes)):
            masks = [(1 << lanes) - 1] * full + [rest]
            for order in {tuple(masks), tuple(masks[::-1])}:
                await packed_frame(ctx, dut, Output(dut.o, 0.0), order, lanes, 0.0, 0)

    simulate(dut, course)


def test_packer_moves_a_beat_a_cycle():
    dut = SplatPacker(Parameters(lanes=2))

    async def course(ctx):
        output = Output(dut.o, 0.0)
        for n in range(50):
            offer(ctx, dut.i, splat_beat_of(3, 2)[0])
            output.look(ctx)
            assert ctx.get(dut.i.ready)
            await ctx.tick()
            assert len(output.taken) == max(0, n - 2)

    simulate(dut, course)


# RunMerger

TABLE, GAUSSIANS = 0x7_0000, 1 << 20


def random_clusters(count: int, longest: int, gap: float) -> list[tuple[int, int]]:
    """(base, count), many of which follow their neighbour, some of which go back."""
    clusters, base = [], 0
    for _ in range(count):
        size = random.randint(1, longest)
        if base + size > GAUSSIANS or random.random() < gap:
            base = random.randrange(0, GAUSSIANS - size)
        clusters.append((base, size))
        base += size
    return clusters


def merged(clusters: list[tuple[int, int]], idle: float, stall: float, gaussians: int = GAUSSIANS):
    """(record, count) of the runs that come of the clusters, and whether `outside` was raised."""
    params = Parameters()
    dut = RunMerger(params)
    output, outside = Output(dut.o, stall), []

    async def course(ctx):
        ctx.set(dut.table, TABLE)
        ctx.set(dut.gaussians, gaussians)
        left = list(clusters)
        for _ in range(RESULT_LIMIT_CYCLES):
            offered = bool(left) and random.random() >= idle
            ctx.set(dut.i.valid, offered)
            if offered:
                ctx.set(dut.i.payload.base, left[0][0])
                ctx.set(dut.i.payload.count, left[0][1])
            output.look(ctx)
            taken = offered and ctx.get(dut.i.ready)
            was_outside = bool(outside and outside[-1])
            outside.append(bool(ctx.get(dut.outside)))
            assert outside[-1] or not was_outside, "outside did not stay"
            if not left and not ctx.get(dut.busy):
                break
            await ctx.tick()
            if taken:
                left.pop(0)
        assert not left
        assert not ctx.get(dut.o.valid)

    simulate(dut, course)
    record_bits = params.address_bits - 5
    runs = [(word & ((1 << record_bits) - 1), word >> record_bits) for word in output.taken]
    return runs, outside[-1]


def records_of(runs, first: int = 0) -> list[int]:
    return [first + n for base, count in runs for n in range(base, base + count)]


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize("idle", STALLS)
@pytest.mark.parametrize("gap", [0.0, 0.3, 1.0])
def test_merger_asks_for_each_record_once_and_in_order(idle, stall, gap):
    random.seed(f"{idle} {stall} {gap}")
    clusters = random_clusters(150, 40, gap)
    runs, outside = merged(clusters, idle, stall)
    assert not outside
    assert records_of(runs) == records_of(clusters, TABLE)
    assert len(runs) < len(clusters) or gap == 1.0 or idle > stall
    if gap == 1.0:
        assert len(runs) == len(clusters)


def test_merger_joins_all_neighbours_while_the_reader_waits():
    clusters = [(10 * n, 10) for n in range(50)]
    runs, _ = merged(clusters, 0.0, 0.0)
    assert runs == [(TABLE, 500)]


def test_merged_runs_stay_within_a_request():
    """Clusters of 65,535 records: a run ends once it is long, and no count wraps."""
    clusters = [(65535 * n, 65535) for n in range(16)]
    runs, outside = merged(clusters, 0.0, 0.5)
    assert not outside
    assert sum(count for _, count in runs) == 16 * 65535
    assert all(0 < count < LONG_RUN_RECORDS + 2 * 65536 < 1 << 20 for _, count in runs)
    ends = [record + count for record, count in runs]
    assert [record for record, _ in runs] == [TABLE, *ends[:-1]]


GOOD = [(0, 10), (10, 10), (50, 5)]


@pytest.mark.parametrize(
    "bad", [(20, 0), (100, 1), (99, 2), (0, 101), (2**32 - 1, 1), (2**32 - 1, 65535), (20, 65535)]
)
@pytest.mark.parametrize("place", [0, 1, 2, 3])
@pytest.mark.parametrize("stall", [0.0, 0.7])
def test_merger_reads_nothing_outside(bad, place, stall):
    """100 Gaussians: what is wrong is left out and said, the others are still read."""
    random.seed(place)
    clusters = [*GOOD[:place], bad, *GOOD[place:]]
    runs, outside = merged(clusters, 0.2, stall, gaussians=100)
    assert outside
    assert records_of(runs) == records_of(GOOD, TABLE)


def test_merger_takes_the_last_gaussian():
    runs, outside = merged([(99, 1), (0, 100)], 0.0, 0.0, gaussians=100)
    assert (runs, outside) == ([(TABLE + 99, 1), (TABLE, 100)], False)


# RecordStream


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize("idle", STALLS)
def test_records_come_one_by_one(idle, stall):
    """Any pattern of two slots and stalls: each record once, in order, one a cycle at best."""
    random.seed(f"{idle} {stall}")
    slots = 2
    dut = RecordStream(Parameters(data_bits=slots * RECORD_BITS))
    beats, due = [], []
    for _ in range(200):
        records = [random.getrandbits(RECORD_BITS) for _ in range(slots)]
        mask = random.randrange(1, 1 << slots)
        due += [record for n, record in enumerate(records) if mask >> n & 1]
        word = sum(record << (RECORD_BITS * n) for n, record in enumerate(records))
        beats.append(word | mask << (RECORD_BITS * slots))
    cycles = []

    async def course(ctx):
        output = Output(dut.o, stall)
        offered = False
        while beats:
            # A beat that was offered stays until it is taken.
            offered = offered or random.random() >= idle
            offer(ctx, dut.i, beats[0] if offered else None)
            output.look(ctx)
            taken = offered and ctx.get(dut.i.ready)
            cycles.append(1)
            await ctx.tick()
            if taken:
                beats.pop(0)
                offered = False
        assert [value & ((1 << RECORD_BITS) - 1) for value in output.taken] == due

    simulate(dut, course)
    assert len(cycles) == len(due) or idle or stall
