"""AXI4 read master for several clients."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Module, Mux, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.bus.axi import Response, axi_read
from hw.bus.burst_splitter import BurstSplitter
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
    What nobody asked for is ignored: a beat counts only while the address of a burst was taken and
    its last beat has not come. A burst ends with `r_last`; where that comes early or late its frame
    gets no further records, so that those it got are the right ones. It is reset with the memory;
    where its clients are reset alone it is flushed meanwhile.

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
        # Bursts from the address granted to the last beat: length, which slots count, frame, whose.
        m.submodules.order = order = SyncFIFOBuffered(
            width=len(self._splitters) + 11, depth=self._params.outstanding_bursts + 1
        )
        limit = self._params.outstanding_bursts
        outstanding, after = (Signal(range(limit + 1)) for _ in range(2))
        dropping, has_room = Signal(), Signal(init=1)
        with m.If(self.flush):
            m.d.sync += dropping.eq(1)
        with m.Elif(self.idle):
            m.d.sync += dropping.eq(0)
        may_grant = Signal()
        m.d.comb += may_grant.eq(~self.flush & ~dropping & has_room)
        self._ask(m, order, may_grant)
        self._receive(m, order, dropping)
        m.d.comb += after.eq(outstanding + order.w_en - order.r_en)
        m.d.sync += [outstanding.eq(after), has_room.eq(after != limit), self.idle.eq(after == 0)]
        return m

    def _ask(self, m, order, may_grant):
        """Passes the first of the waiting bursts to the bus, at most every other cycle."""
        axi, granted = self.axi, Signal(len(self._splitters))
        is_free = may_grant & ~axi.ar_valid
        with m.If(axi.ar_ready):
            m.d.sync += axi.ar_valid.eq(0)
        for n, splitter in reversed(list(enumerate(self._splitters))):
            burst = splitter.o.payload
            skips = Cat(burst.skip_first, burst.skip_last)
            with m.If(is_free & splitter.o.valid):
                m.d.comb += [
                    granted.eq(1 << n),
                    order.w_data.eq(Cat(burst.length, skips, burst.frame, granted)),
                ]
                m.d.sync += [axi.ar_address.eq(burst.address), axi.ar_length.eq(burst.length)]
            m.d.comb += splitter.o.ready.eq(granted[n])
        m.d.comb += order.w_en.eq(granted.any())
        with m.If(granted.any()):
            m.d.sync += axi.ar_valid.eq(1)
        m.d.sync += self.bursts.eq(self.bursts + (axi.ar_valid & axi.ar_ready))

    def _receive(self, m, order, dropping):
        """Registers a beat, puts records together, and hands them to the queue they are for."""
        entry = Signal(slot_beat(self._params))
        words = entry.data.as_value()
        beat = Signal(self.axi.r_data.shape(), reset_less=True)
        response = Signal(Response, reset_less=True)
        arrived, valid, last = Signal(), Signal(), Signal(reset_less=True)
        m.d.comb += [
            self.axi.r_ready.eq(1),
            valid.eq(arrived & self._awaited(m, order)),
            order.r_en.eq(valid & last),
        ]
        m.d.sync += [
            beat.eq(self.axi.r_data),
            response.eq(self.axi.r_response),
            last.eq(self.axi.r_last),
            arrived.eq(self.axi.r_valid),
            self.beats.eq(self.beats + valid),
        ]
        length, skips, frame, owner = (
            order.r_data[:8],
            order.r_data[8:10],
            order.r_data[10],
            order.r_data[11:],
        )
        is_first, is_due_last, is_over = self._place(m, valid, last, length)
        m.d.comb += entry.slots.eq(~Cat(is_first & skips[0], is_due_last & skips[1]))
        is_whole = self._assemble(m, words, beat, valid, last)
        wrong_length = Signal(2)  # a bit for each frame, until the flush
        is_kept = valid & is_whole & ~is_over & ~dropping & ~wrong_length.bit_select(frame, 1)
        for n, queue in enumerate(self._queues):
            m.d.comb += [queue.entry.eq(entry), queue.write.eq(is_kept & owner[n])]
        is_wrong = valid & ~is_over & (last ^ is_due_last)
        with m.If(self.flush):
            m.d.sync += wrong_length.eq(0)
        with m.Elif(is_wrong & ~dropping):
            m.d.sync += wrong_length.bit_select(frame, 1).eq(1)
        code = Signal(2)
        with m.If(response == Response.SLVERR):
            m.d.comb += code.eq(1)
        with m.Elif(response == Response.DECERR):
            m.d.comb += code.eq(2)
        with m.Elif(is_wrong):
            m.d.comb += code.eq(LENGTH_ERROR)
        for of_frame, error in enumerate(self.error):
            with m.If(self.flush):
                m.d.sync += error.eq(0)
            with m.Elif(valid & ~dropping & (frame == of_frame) & (error == 0)):
                m.d.sync += error.eq(code)

    def _awaited(self, m, order):
        """Whether the address of a burst was taken, and its last beat has not come."""
        limit = self._params.outstanding_bursts
        addressed, after = (
            Signal(range(limit + 1), name=name) for name in ("addressed", "addressed_after")
        )
        awaited = Signal()
        taken = self.axi.ar_valid & self.axi.ar_ready
        m.d.comb += after.eq(addressed + taken - order.r_en)
        m.d.sync += [addressed.eq(after), awaited.eq(after != 0)]
        return awaited

    def _place(self, m, valid, last, length):
        """Where a beat is in its burst: the first, the last one asked for, beyond that one."""
        count, is_first, is_over = Signal(8), Signal(init=1), Signal()
        is_due_last = Signal()
        m.d.comb += is_due_last.eq(count == length)
        with m.If(valid):
            m.d.sync += [
                is_first.eq(last),
                count.eq(Mux(last, 0, count + 1)),
                is_over.eq((is_over | is_due_last) & ~last),
            ]
        return is_first, is_due_last, is_over

    def _assemble(self, m, words, beat, valid, last):
        """Fills the entry with this beat and those before it; returns whether it is the last."""
        beats = len(words) // len(beat)
        if beats == 1:
            m.d.comb += words.eq(beat)
            return C(1)
        before = Signal(len(words) - len(beat), reset_less=True)
        place = Signal(range(beats))
        m.d.comb += words.eq(Cat(before, beat))
        with m.If(valid):
            m.d.sync += [before.eq(words >> len(beat)), place.eq(Mux(last, 0, place + 1))]
        return place == beats - 1
