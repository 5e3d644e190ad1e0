"""AXI4 read master for several clients."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Module, Mux, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.bus.axi import Response, axi_read
from hw.bus.burst_splitter import BurstSplitter
from hw.bus.read_answers import ReadAnswers
from hw.bus.read_queue import ReadQueue
from hw.layouts import run_request, slot_beat

LENGTH_ERROR = 3  # beside 1 SLVERR, 2 DECERR


class ReadMaster(wiring.Component):
    """Reads runs of records for clients: a splitter and a queue each, one bus for all.

    Of the clients whose next burst has room in their queue, the one of lowest number goes first.
    All bursts have one id, so data comes back in their order; as room was kept for all of it the
    bus is never held up. The records of a client come in the order of its requests.

    Latency: ADDRESS_CYCLES = 4 from a request taken to its address offered; SLOT_CYCLES = 4 from
    the last beat of an entry taken to the entry offered.
    Throughput: a beat a cycle, if a client's queue holds the memory's latency and a burst more.
    A client asks for a burst in 3 cycles (4 if it begins a run); all of them for one in 2.
    What nobody asked for is ignored. A burst ends with `r_last`; where that comes early or late its
    frame gets no further records, so that those it got are the right ones. The master is reset with
    the memory; where its clients are reset alone it is flushed meanwhile.

    Parameters
    ----------
    depths : entries of each client's queue: beats, or records at data widths below 256.

    Members
    -------
    requests : In(stream of run_request), one a client.
    slots : Out(stream of slot_beat), one a client.
    axi : Out(axi_read).
    flush : In(1), forgets queues and requests, also those offered now; no address is offered, but
        one already offered stays until taken; data that still arrives is dropped, after the flush
        too, and until then no address is offered.
    idle : Out(1), no address is offered and no data outstanding.
    error : Out(2) for each `frame` of a request, the first since the last flush: 0 none, 1 SLVERR,
        2 DECERR, 3 LENGTH_ERROR, `r_last` at another beat than the last one asked for; it is set
        before the records of that beat are offered. Errors of dropped data do not count.
    beats, bursts : Out(32), beats that count and addresses taken since reset; they wrap.
    """

    ADDRESS_CYCLES = BurstSplitter.OFFER_CYCLES + 1
    SLOT_CYCLES = ReadQueue.LATENCY_CYCLES + 1

    def __init__(self, params: Parameters, depths: tuple[int, ...]):
        self._params = params
        self._splitters = [BurstSplitter(params, depth) for depth in depths]
        self._queues = [ReadQueue(params, depth) for depth in depths]
        self._answers = ReadAnswers(params, len(depths))
        count = len(depths)
        super().__init__(
            {
                "requests": In(stream.Signature(run_request(params))).array(count),
                "slots": Out(stream.Signature(slot_beat(params))).array(count),
                "axi": Out(axi_read(params)),
                "flush": In(1),
                "idle": Out(1, init=1),
                "error": Out(2).array(2),
                "beats": Out(32),
                "bursts": Out(32),
            }
        )

    def elaborate(self, platform):
        m = Module()
        clients = enumerate(zip(self._splitters, self._queues, strict=True))
        for n, (splitter, queue) in clients:
            m.submodules[f"splitter_{n}"] = ResetInserter(self.flush)(splitter)
            m.submodules[f"queue_{n}"] = ResetInserter(self.flush)(queue)
            wiring.connect(m, wiring.flipped(self.requests[n]), splitter.i)
            wiring.connect(m, queue.o, wiring.flipped(self.slots[n]))
            m.d.comb += splitter.freed.eq(queue.freed)
        limit = self._params.outstanding_bursts
        outstanding, after = (Signal(range(limit + 1)) for _ in range(2))
        dropping, dropping_next, has_room = Signal(), Signal(), Signal(init=1)
        m.submodules.answers = answers = self._answers
        may_grant = Signal()
        m.d.comb += [
            may_grant.eq(~self.flush & ~dropping & has_room),
            dropping_next.eq(self.flush | (dropping & ~self.idle)),
        ]
        m.d.sync += dropping.eq(dropping_next)
        self._ask(m, may_grant)
        self._receive(m, dropping, dropping_next)
        # From the address granted to the last beat.
        m.d.comb += after.eq(outstanding + answers.grant - answers.ends)
        m.d.sync += [outstanding.eq(after), has_room.eq(after != limit), self.idle.eq(after == 0)]
        return m

    def _ask(self, m, may_grant):
        """Passes the first of the waiting bursts to the bus, at most every other cycle."""
        axi, answers, granted = self.axi, self._answers, Signal(len(self._splitters))
        is_free = may_grant & ~axi.ar_valid
        taken = axi.ar_valid & axi.ar_ready
        with m.If(axi.ar_ready):
            m.d.sync += axi.ar_valid.eq(0)
        for n, splitter in reversed(list(enumerate(self._splitters))):
            burst = splitter.o.payload
            with m.If(is_free & splitter.o.valid):
                m.d.comb += granted.eq(1 << n)
                m.d.comb += [
                    getattr(answers.granted, name).eq(getattr(burst, name))
                    for name in ("length", "skip_first", "skip_last", "frame")
                ]
                m.d.sync += [axi.ar_address.eq(burst.address), axi.ar_length.eq(burst.length)]
            m.d.comb += splitter.o.ready.eq(granted[n])
        m.d.comb += [
            answers.grant.eq(granted.any()),
            answers.granted.owner.eq(granted),
            answers.addressed.eq(taken),
        ]
        with m.If(granted.any()):
            m.d.sync += axi.ar_valid.eq(1)
        m.d.sync += self.bursts.eq(self.bursts + taken)

    def _receive(self, m, dropping, dropping_next):
        """Registers a beat, puts records together, and hands them to the queue they are for."""
        axi, answers = self.axi, self._answers
        entry = Signal(slot_beat(self._params))
        words = entry.data.as_value()
        beat = Signal(axi.r_data.shape(), reset_less=True)
        response = Signal(Response, reset_less=True)
        m.d.comb += [
            axi.r_ready.eq(1),
            answers.r_valid.eq(axi.r_valid),
            answers.r_last.eq(axi.r_last),
        ]
        m.d.sync += [
            beat.eq(axi.r_data),
            response.eq(axi.r_response),
            self.beats.eq(self.beats + answers.valid),
        ]
        burst = answers.burst
        skips = Cat(answers.first & burst.skip_first, answers.due_last & burst.skip_last)
        m.d.comb += entry.slots.eq(~skips)
        is_whole = self._assemble(m, words, beat, answers.valid, answers.ends)
        blocked = self._report(m, response, dropping, dropping_next)
        is_kept = answers.valid & is_whole & ~Mux(burst.frame, blocked[1], blocked[0])
        for n, queue in enumerate(self._queues):
            m.d.comb += [queue.entry.eq(entry), queue.write.eq(is_kept & burst.owner[n])]

    def _report(self, m, response, dropping, dropping_next):
        """The first error of each frame; returns, for each, whether beats of it are dropped."""
        answers, code = self._answers, Signal(2)
        with m.If(response == Response.SLVERR):
            m.d.comb += code.eq(1)
        with m.Elif(response == Response.DECERR):
            m.d.comb += code.eq(2)
        with m.Elif(answers.wrong_length):
            m.d.comb += code.eq(LENGTH_ERROR)
        blocked = Signal(2)
        for frame, error in enumerate(self.error):
            broken, broken_next = (
                Signal(name=f"{name}_{frame}") for name in ("broken", "broken_next")
            )
            here = answers.valid & ~dropping & (answers.burst.frame == frame)
            m.d.comb += broken_next.eq(~self.flush & (broken | (here & answers.wrong_length)))
            m.d.sync += [
                broken.eq(broken_next),
                blocked[frame].eq(broken_next | dropping_next | answers.beyond_next),
            ]
            with m.If(self.flush):
                m.d.sync += error.eq(0)
            with m.Elif(here & (error == 0)):
                m.d.sync += error.eq(code)
        return blocked

    def _assemble(self, m, words, beat, valid, ends):
        """Fills the entry with this beat and those before it; returns whether it is the last."""
        beats = len(words) // len(beat)
        if beats == 1:
            m.d.comb += words.eq(beat)
            return C(1)
        before = Signal(len(words) - len(beat), reset_less=True)
        place = Signal(range(beats))
        m.d.comb += words.eq(Cat(before, beat))
        with m.If(valid):
            m.d.sync += [before.eq(words >> len(beat)), place.eq(Mux(ends, 0, place + 1))]
        return place == beats - 1
