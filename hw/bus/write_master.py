"""AXI4 write master for several clients."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.bus.axi import Response, axi_write
from hw.bus.write_answers import WriteAnswers
from hw.bus.write_client import WriteClient
from hw.bus.write_sender import WriteSender
from hw.layouts import write_beat


class WriteMaster(wiring.Component):
    """Writes beats of clients, each within a window of its own: a queue each, one bus for all.

    Beats that follow one another become bursts; see WriteSplitter for where these end. A burst is
    asked for once all of its data is there, so the bus never waits for a client. Of the clients
    that have a burst the one of lowest number goes first. All bursts have one id: the writes of a
    client happen in their order. No address outside its client's window is put on the bus, nor a
    beat without strobes in its place.

    Latency: ADDRESS_CYCLES = 6 from the last beat of a run taken to its address offered;
    DATA_CYCLES = 5 from there to its first data offered, whether or not the address was taken;
    ANSWER_CYCLES = 2 from the response taken to `drained`, `idle` and `error`; OUTSIDE_CYCLES = 3
    from a beat taken to `outside`.
    Throughput: a beat a cycle from one client or all, in bursts of 2 and more, if a queue holds two
    bursts and ADDRESS_CYCLES + DATA_CYCLES beats; a burst in 2 cycles. Where nothing else waits, a
    burst longer than those before it makes the bus wait for its data.
    It is reset with the memory: an address that the memory has taken is followed by its data,
    whatever else is reset. Where its clients are reset alone it is flushed meanwhile. A response
    that nobody asked for is ignored.

    Parameters
    ----------
    depths : entries of each client's queue, a beat each.

    Members
    -------
    writes : In(stream of write_beat), one a client; `ready` is a register.
    window_first, window_end : In(address_bits), one a client, byte addresses: it writes only to
        window_first <= address < window_end. They are held while the client is not drained.
    axi : Out(axi_write).
    flush : In(1), forgets queues and beats, also those offered now; no address is offered, but one
        already offered stays until taken, and its data is still sent. Responses are awaited,
        after the flush too, and until then no address is offered; beats are taken again from the
        cycle after the flush on.
    idle : Out(1), no address is offered, no data is to be sent and no response outstanding.
    drained : Out(1), one a client: of the beats taken until the cycle before, all are answered,
        outside or flushed, and no burst is open. Their `error` and `outside` are set by then.
    error : Out(2) for each `frame`, the first since the last flush: 0 none, 1 SLVERR, 2 DECERR.
        Errors of writes from before the flush do not count.
    outside : Out(1) for each `frame`, a beat since the last flush was outside its window.
    beats, bursts : Out(32), beats and addresses taken on the bus since reset; they wrap.
    """

    ADDRESS_CYCLES = WriteClient.OFFER_CYCLES + 1
    DATA_CYCLES = WriteSender.LATENCY_CYCLES - 1
    ANSWER_CYCLES = 2
    OUTSIDE_CYCLES = WriteClient.OUTSIDE_CYCLES + 1

    def __init__(self, params: Parameters, depths: tuple[int, ...]):
        count = len(depths)
        self._limit = params.outstanding_bursts
        self._clients = [WriteClient(params, depth) for depth in depths]
        self._sender = WriteSender(params, count)
        self._answers = WriteAnswers(params, count)
        super().__init__(
            {
                "writes": In(stream.Signature(write_beat(params))).array(count),
                "window_first": In(params.address_bits).array(count),
                "window_end": In(params.address_bits).array(count),
                "axi": Out(axi_write(params)),
                "flush": In(1),
                "idle": Out(1, init=1),
                "drained": Out(1, init=1).array(count),
                "error": Out(2).array(2),
                "outside": Out(1).array(2),
                "beats": Out(32),
                "bursts": Out(32),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.sender = sender = self._sender
        m.submodules.answers = answers = self._answers
        for n, client in enumerate(self._clients):
            m.submodules[f"client_{n}"] = client
            wiring.connect(m, wiring.flipped(self.writes[n]), client.i)
            m.d.comb += [
                client.window_first.eq(self.window_first[n]),
                client.window_end.eq(self.window_end[n]),
                client.flush.eq(self.flush),
                client.read.eq(sender.read[n]),
                sender.entries[n].eq(client.o),
            ]
        dropping, has_room, may_grant = Signal(), Signal(init=1), Signal()
        with m.If(self.flush):
            m.d.sync += dropping.eq(1)
        with m.Elif(self.idle):
            m.d.sync += dropping.eq(0)
        m.d.comb += may_grant.eq(~self.flush & ~dropping & has_room)
        granted = self._ask(m, may_grant)
        self._send(m)
        m.d.comb += [
            answers.b_valid.eq(self.axi.b_valid),
            answers.b_response.eq(self.axi.b_response),
        ]
        self._count(m, granted, has_room)
        self._report(m, dropping)
        return m

    def _ask(self, m, may_grant):
        """Passes the first of the waiting bursts to the bus, at most every other cycle."""
        axi, granted = self.axi, Signal(len(self._clients))
        sender, answers = self._sender, self._answers
        is_free = may_grant & ~axi.aw_valid
        taken = axi.aw_valid & axi.aw_ready
        with m.If(axi.aw_ready):
            m.d.sync += axi.aw_valid.eq(0)
        for n, client in reversed(list(enumerate(self._clients))):
            burst = client.bursts.payload
            with m.If(is_free & client.bursts.valid):
                m.d.comb += [
                    granted.eq(1 << n),
                    sender.length.eq(burst.length),
                    answers.grant_frame.eq(burst.frame),
                ]
                m.d.sync += [axi.aw_address.eq(burst.address), axi.aw_length.eq(burst.length)]
            m.d.comb += client.bursts.ready.eq(granted[n])
        m.d.comb += [
            *(sender.grant.eq(granted.any()), sender.owner.eq(granted)),
            *(answers.grant.eq(granted.any()), answers.grant_owner.eq(granted)),
            answers.addressed.eq(taken),
        ]
        with m.If(granted.any()):
            m.d.sync += axi.aw_valid.eq(1)
        m.d.sync += self.bursts.eq(self.bursts + taken)
        return granted

    def _send(self, m):
        axi, sent = self.axi, self._sender.o
        taken = axi.w_valid & axi.w_ready
        m.d.comb += [
            axi.w_valid.eq(sent.valid),
            axi.w_data.eq(sent.payload.data),
            axi.w_strobe.eq(sent.payload.strobe),
            axi.w_last.eq(sent.payload.last),
            sent.ready.eq(axi.w_ready),
            axi.b_ready.eq(1),
            self._answers.sent.eq(taken & axi.w_last),
        ]
        m.d.sync += self.beats.eq(self.beats + taken)

    def _count(self, m, granted, has_room):
        """Bursts from the address granted to the response: of all, and of each client."""
        answers = self._answers
        outstanding, after = (
            Signal(range(self._limit + 1), name=name) for name in ("outstanding", "after")
        )
        m.d.comb += after.eq(outstanding + granted.any() - answers.valid)
        m.d.sync += [
            outstanding.eq(after),
            has_room.eq(after != self._limit),
            self.idle.eq(after == 0),
        ]
        for n, client in enumerate(self._clients):
            of_client = Signal(range(self._limit + 1), name=f"outstanding_{n}")
            answered = answers.valid & answers.owner[n]
            # None is left, known without the sum: an answer comes late in its cycle.
            is_last = Mux(answered, of_client == 1, of_client == 0) & ~granted[n]
            m.d.sync += [
                of_client.eq(of_client + granted[n] - answered),
                self.drained[n].eq(~client.busy & is_last),
            ]

    def _report(self, m, dropping):
        """What went wrong, for each frame since the last flush."""
        answers = self._answers
        is_slave, is_decode = (
            answers.response == each for each in (Response.SLVERR, Response.DECERR)
        )
        is_error = answers.valid & (is_slave | is_decode) & ~dropping
        for frame, (error, outside) in enumerate(zip(self.error, self.outside, strict=True)):
            is_outside = [
                client.outside & (client.outside_frame == frame) for client in self._clients
            ]
            with m.If(self.flush):
                m.d.sync += [error.eq(0), outside.eq(0)]
            with m.Else():
                m.d.sync += outside.eq(outside | Cat(is_outside).any())
                with m.If(is_error & (answers.frame == frame) & (error == 0)):
                    m.d.sync += error.eq(Cat(is_slave, is_decode))
