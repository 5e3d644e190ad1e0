"""FrameControl and HeaderCheck, clocked: the header, its check, the groups."""

from __future__ import annotations

from typing import Any

from golden.jit import serial_kernel
from sim.model.clocked import registers

# What is requested or awaited: the header, its check, the groups, the end of the frame.
HEADER, CHECK, GROUPS, RUN = range(4)

CONTROL = registers(
    # Fixed: records of the header, cycles from the last of them to the groups; groups of one read.
    *("header_records", "header_cycles", "group_run"),
    # HEADER to RUN; groups that are still to be requested and to be taken.
    *("phase", "to_request", "to_take"),
    # The request.
    *("request_record", "request_count"),
    # Records of the header so far, the cycle from which on it is checked.
    *("records", "checked_cycle"),
    "cycle",
)


@serial_kernel
def clock_control(control: Any, request_taken: bool, header_taken: bool, group_taken: bool) -> None:
    """FrameControl and HeaderCheck; ends the cycle.

    Parameters
    ----------
    control : CONTROL.
    request_taken : the request is.
    header_taken, group_taken : a record of that table is.
    """
    control.to_take -= int(group_taken)
    if header_taken:
        control.records += 1
        if control.records == control.header_records:
            control.checked_cycle = control.cycle + control.header_cycles
    if control.phase == CHECK:
        read = control.records == control.header_records
        if read & (control.cycle >= control.checked_cycle):
            control.phase = GROUPS
            control.request_count = min(control.to_request, control.group_run)
    elif request_taken:
        if control.phase == HEADER:
            control.phase = CHECK
        else:
            control.to_request -= control.request_count
            control.request_record += control.request_count
            control.request_count = min(control.to_request, control.group_run)
            if control.to_request == 0:
                control.phase = RUN
    control.cycle += 1
