"""What can go wrong with a frame, and its code."""

from __future__ import annotations

from amaranth.hdl import Mux

from hw.bus.read_master import LENGTH_ERROR
from hw.host.status import StatusCode


def watch_failures(m, params, control, failures, running):
    """Keeps the first thing that went wrong in each of the frames, until it ends or is discarded.

    Parameters
    ----------
    control : FrameControl, whose members these are.
    failures : Array(Signal(5)), StatusCode by `frame`.
    running : the older frame may be stopped.
    """
    header = control.header_checked & (control.header_code != StatusCode.NONE)
    for frame, failure in enumerate(failures):
        error = control.bus_error[frame]
        bus = Mux(error == 1, StatusCode.BUS_SLAVE_ERROR, StatusCode.BUS_DECODE_ERROR)
        read = Mux(error == LENGTH_ERROR, StatusCode.BUS_LENGTH, bus)
        written = control.write_error[frame]
        write = Mux(written == 1, StatusCode.WRITE_SLAVE_ERROR, StatusCode.WRITE_DECODE_ERROR)
        in_front, in_back = control.front_frame == frame, control.back_frame == frame
        in_stream = control.stream_frame == frame
        with m.If(control.discard | (control.ended & in_back)):
            m.d.sync += failure.eq(StatusCode.NONE)
        with m.Elif(failure == StatusCode.NONE):
            with m.If(error != 0):
                m.d.sync += failure.eq(read)
            with m.Elif(header & in_front):
                m.d.sync += failure.eq(control.header_code)
            with m.Elif(control.outside[frame]):
                m.d.sync += failure.eq(StatusCode.RUN_OUTSIDE)
            if params.raster_lanes:
                with m.Elif(written != 0):
                    m.d.sync += failure.eq(write)
                with m.Elif(control.write_outside[frame]):
                    m.d.sync += failure.eq(StatusCode.WRITE_OUTSIDE)
                with m.Elif((control.list_code != StatusCode.NONE) & in_stream):
                    m.d.sync += failure.eq(control.list_code)
            with m.Elif(control.stop & running & in_back):
                m.d.sync += failure.eq(StatusCode.STOPPED)
