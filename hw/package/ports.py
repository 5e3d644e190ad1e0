"""What each port of an exported top is for, by its name."""

from __future__ import annotations

EXACT = {
    "aclk": "clock",
    "aresetn": "synchronous reset, active low",
    "m_axi_aresetn": "reset of all, active low: the memory's; aresetn alone leaves its answers due",
    "irq": "interrupt, level, as INTERRUPT and INTERRUPT_ENABLE say",
    "busy": "something is under way",
    "flush": "forgets all that is under way, held until idle",
    "idle": "nothing is outstanding on the bus",
    "error": "first error of the memory since the last flush: 0 none, 1 SLVERR, 2 DECERR",
    "table": "number of the first colour record, its address / 32",
}
# Longest match first.
PREFIXES = {
    "s_axil_aw": "registers: write address",
    "s_axil_w": "registers: write data",
    "s_axil_b": "registers: write response",
    "s_axil_ar": "registers: read address",
    "s_axil_r": "registers: read data",
    "m_axi_ar": "memory: read address",
    "m_axi_r": "memory: read data",
    "m_axi_aw": "memory: write address",
    "m_axi_w": "memory: write data",
    "m_axi_b": "memory: write response",
    "m_axis_splat_": "splats",
    "m_axis_color_": "splats with their colour",
    "m_axis_request_": "runs of clusters to read",
    "m_axis_visible_": "visible clusters",
    "s_axis_group_": "group records",
    "s_axis_cluster_": "records of the clusters that were requested, in that order",
    "s_axis_splat_": "splats",
    "s_axis_member_": "Gaussians of visible clusters",
    "frame_": "frame constant {}, may change only while not busy",
    "counter_": "counter {}, since reset",
}
SUFFIXES = {
    "valid": "valid",
    "ready": "ready",
    "tkeep": "tkeep, a bit a byte, all equal in a lane: the lane holds a splat",
    "tuser": "tuser, a bit a lane: the lane holds a record",
    "tlast": "tlast, last beat of the frame",
    "tdata": "tdata, little-endian records",
}


def purpose(port: str) -> str:
    """A phrase; raises KeyError for a port that nothing is said about."""
    if port in EXACT:
        return EXACT[port]
    for prefix in sorted(PREFIXES, key=len, reverse=True):
        if port.startswith(prefix):
            rest = port.removeprefix(prefix)
            text = PREFIXES[prefix]
            if "{}" in text:
                return text.format(f"`{rest}`")
            for suffix, meaning in SUFFIXES.items():
                if rest.endswith(suffix):
                    return f"{text}: {meaning}"
            return f"{text}: AXI's {port.split('_')[-1]}"
    raise KeyError(port)
