"""Sweeps: the table, what is left to do, and a Dask cluster that loses a worker on the way."""

import csv
import errno
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace

import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack.file import load_pack
from golden.rules import INRIA
from sim.model.clocked_frame import clocked_frames
from sim.model.config import NO_BUILD, load_model_config
from sim.sweeps import sweep_job
from sim.sweeps.sweep import dask_cluster, local_cores, machines, run_jobs, scene_jobs
from sim.sweeps.sweep_job import COLUMNS, KEY, run_job
from sim.sweeps.sweep_table import SweepTable
from sim.views.variation import with_bandwidth, with_lanes

CLOCKED = load_model_config("edge")
# By formula: one count of a view serves many machines.
EDGE, BASE = replace(CLOCKED, build=NO_BUILD), load_model_config("base")


def jobs_of(folder, table, wanted=None, views=3):
    scene, cameras = default_scene(400), default_cameras(views, 48, 32)
    options = [ClusterOptions("reach", 12)]
    wanted = wanted or machines([EDGE], [], [51.2, 102.4])
    return list(scene_jobs(scene, "tiny", cameras, INRIA, options, wanted, folder, table))


def test_rows_are_those_of_the_model_and_jobs_done_are_not_done_again(tmp_path):
    table = SweepTable(tmp_path / "sweep.csv")
    jobs = jobs_of(tmp_path, table)
    assert len(jobs) == 3  # one count of a view serves both machines
    rows = run_job(jobs[0])
    assert [(row["culling"], row["bandwidth_gb_per_s"]) for row in rows] == [
        ("on", 51.2), ("off", 51.2), ("on", 102.4), ("off", 102.4),
    ]  # fmt: skip
    assert rows[0]["gaussians_read"] < rows[1]["gaussians_read"] == 400
    assert rows[1]["front_end_cycles"] > rows[3]["front_end_cycles"]
    assert rows[0]["frame_ms"] == pytest.approx(rows[0]["frame_cycles"] / 1e6)
    assert table.add(rows) == 4
    assert table.add(rows) == 0
    again = jobs_of(tmp_path, SweepTable(tmp_path / "sweep.csv"))
    assert [job.camera.name for job in again] == [job.camera.name for job in jobs[1:]]


def test_a_row_that_was_cut_short_is_done_again(tmp_path):
    path = tmp_path / "sweep.csv"
    table = SweepTable(path)
    jobs = jobs_of(tmp_path, table)
    table.add(run_job(jobs[0]))
    whole = path.read_text()
    path.write_text(whole[:-9])
    torn = SweepTable(path)
    assert len(torn.rows) == 3
    assert path.read_text() == whole[: whole[:-9].rfind("\n") + 1]
    left = jobs_of(tmp_path, torn)
    assert len(left) == 3
    assert len(left[0].machines) == 1
    torn.add(run_job(left[0]))
    torn.sort()
    table.sort()
    assert torn.rows == table.rows


def test_the_table_is_the_same_whatever_the_order(tmp_path):
    texts = []
    for name, order in (("a", 1), ("b", -1)):
        table = SweepTable(tmp_path / f"{name}.csv")
        for job in jobs_of(tmp_path, table)[::order]:
            table.add(run_job(job))
        table.sort()
        texts.append(table.path.read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no table of this version's sweeps"),
        ("", "no table of this version's sweeps"),
        (",".join(COLUMNS) + "\n1,2\n", "a row of 2 values"),
    ],
)
def test_another_file_is_refused_and_left_alone(tmp_path, text, message):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        SweepTable(path)
    assert path.read_text() == text


def test_rows_that_cannot_be_written_are_one_sentence(tmp_path, monkeypatch):
    table = SweepTable(tmp_path / "x.csv")
    rows = run_job(jobs_of(tmp_path, table)[0])
    assert not table.path.exists()
    table.add(rows[:1])
    before = table.path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"x.csv cannot be written \(No space left on device\)"):
        table.add(rows)
    assert table.path.read_bytes().startswith(before)
    assert len(table.rows) == 1


def test_machines_are_every_combination_once():
    found = machines([EDGE, BASE], [1, 2], [25.6, 51.2])
    assert len(found) == len({machine.sha256 for machine in found}) == 8
    built = found[0].built()
    assert (built.lanes, built.data_bits, built.memory.peak_gb_per_s) == (1, 256, 25.6)
    assert len(machines([EDGE, EDGE], [], [])) == 1
    assert machines([EDGE], [], [])[0].sha256 == machines([EDGE], [], [51.2])[0].sha256


def test_rows_of_a_build_are_those_of_its_clock(tmp_path):
    table = SweepTable(tmp_path / "sweep.csv")
    builds = [["raster_lanes=16", "raster_lanes=64"], ["sort_entries=256"]]
    wanted = machines([CLOCKED], [], [], builds)
    jobs = jobs_of(tmp_path, table, wanted, views=1)
    assert [len(job.machines) for job in jobs] == [1, 1]
    rows = [row for job in jobs for row in run_job(job)]
    assert [(row["culling"], row["blend_lanes"]) for row in rows] == [
        ("on", 16), ("off", 16), ("on", 64), ("off", 64),
    ]  # fmt: skip
    assert rows[0]["config"] == "edge raster_lanes=16 sort_entries=256"
    assert rows[0]["build"] == "render_edge raster_lanes=16 sort_entries=256"
    assert rows[0]["frame_cycles"] > rows[2]["frame_cycles"]
    pack, config = load_pack(jobs[0].pack), wanted[0].built()
    frames = clocked_frames(pack, jobs[0].camera, INRIA, config, without=True)
    for row, found in zip(rows, frames, strict=False):
        assert row["frame_cycles"] == found.frame.frame_cycles
        assert row["gaussians_read"] == found.counters["members"]
        assert row["tests"] == found.counters["tests"]
        assert row["dram_energy_mj"] == round(found.frame.dram_energy_mj, 6)
    assert rows[1]["gaussians_read"] == rows[1]["gaussians"] == 400


def test_energy_of_a_memory_without_currents_is_not_known(tmp_path):
    table = SweepTable(tmp_path / "sweep.csv")
    jobs = jobs_of(tmp_path, table, machines([load_model_config("fpga")], [], []), views=1)
    table.add(run_job(jobs[0]))
    assert {row["dram_energy_mj"] for row in table.rows.values()} == {"not known"}


def test_builds_that_are_none():
    with pytest.raises(InputError, match="modelled by formula and no build"):
        machines([EDGE], [], [], [["raster_lanes=16"]])
    with pytest.raises(InputError, match="none of"):
        machines([CLOCKED], [], [], [["raster_lanes=17"]])
    with pytest.raises(InputError, match="sets no parameter"):
        machines([CLOCKED], [], [], [["rasters=17"]])
    with pytest.raises(InputError, match="is no whole number"):
        machines([CLOCKED], [], [], [["raster_lanes="]])


def test_lanes_of_a_build_are_another_build():
    found = with_lanes(CLOCKED, 1)
    assert (found.built.lanes, found.built.data_bits) == (found.lanes, found.data_bits) == (1, 256)
    assert with_lanes(CLOCKED, 2) is CLOCKED


@pytest.mark.parametrize("bandwidth", [1, 50, 51.3])
def test_a_bandwidth_is_a_whole_number_of_channels(bandwidth):
    with pytest.raises(InputError, match="no whole number of channels"):
        with_bandwidth(EDGE, bandwidth)


def test_lanes_keep_a_changed_memory_and_are_refused_beyond_the_rtl():
    wide = with_lanes(with_bandwidth(EDGE, 102.4), 4)
    assert (wide.memory.channels, wide.data_bits) == (16, 512)
    with pytest.raises(InputError):
        with_lanes(EDGE, 64)


def test_all_local_cores_and_a_worker_that_dies(tmp_path):
    table = SweepTable(tmp_path / "sweep.csv")
    jobs = jobs_of(tmp_path, table, views=2)
    with local_cores(1) as executor:
        assert run_jobs(jobs[:1], table, executor) == 4
        pid = executor.submit(os.getpid).result()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(InputError, match="4 rows are kept"):
            run_jobs(jobs[1:], table, executor)
    assert len(SweepTable(table.path).rows) == 4


def test_a_worker_that_dies_before_any_row_is_done(tmp_path):
    table = SweepTable(tmp_path / "sweep.csv")
    jobs = jobs_of(tmp_path, table, views=2)
    with local_cores(1) as executor:
        os.kill(executor.submit(os.getpid).result(), signal.SIGKILL)
        with pytest.raises(
            InputError, match=r"was killed \(memory\?\) before any row was done: give"
        ):
            run_jobs(jobs, table, executor)
    assert not table.path.exists()


def test_what_stops_a_sweep_ends_its_workers():
    def sweep():
        with local_cores(1) as executor:
            executor.submit(os.getpid).result()
            executor.submit(time.sleep, 60)
            raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sweep()
    assert time.monotonic() - start < 30
    assert multiprocessing.active_children() == []


def test_workers_do_not_see_ctrl_c(tmp_path):
    table = SweepTable(tmp_path / "sweep.csv")
    jobs = jobs_of(tmp_path, table, views=1)
    with local_cores(1) as executor:
        assert run_jobs(jobs, table, executor) == 4
        blocked = executor.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result()
        assert signal.SIGINT in blocked
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_dask_cluster_of_two_workers_one_of_them_killed(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    table = SweepTable(tmp_path / "sweep.csv")
    wanted = machines([EDGE, replace(EDGE, clock_mhz=500, name="slow")], [], [])
    jobs = jobs_of(tmp_path, table, wanted, views=6)
    added = threading.Event()
    add = table.add

    def tell(rows):
        count = add(rows)
        added.set()
        return count

    monkeypatch.setattr(table, "add", tell)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address, at_kill = cluster.scheduler_address, []

        def kill_one():
            added.wait(60)
            os.kill(next(iter(cluster.workers.values())).process.pid, signal.SIGKILL)
            at_kill.append(len(table.rows))

        killer = threading.Thread(target=kill_one)
        killer.start()
        with dask_cluster(address) as executor:
            new = run_jobs(jobs, table, executor)
        killer.join()
    assert at_kill[0] < new  # it died on the way
    rows = list(csv.DictReader(table.path.open()))
    keys = {tuple(row[column] for column in KEY) for row in rows}
    assert len(rows) == len(keys) == new == 6 * 2 * 2
    expected = {job.key(m, c) for job in jobs for m in job.machines for c in ("on", "off")}
    assert keys == expected


def test_no_scheduler_is_one_sentence():
    pytest.importorskip("distributed")
    for address in ("nowhere", "", "tls://127.0.0.1:9"):
        with pytest.raises(InputError, match="no Dask scheduler answers"), dask_cluster(address):
            pass


def test_the_columns_hold_the_key():
    assert set(KEY) <= set(COLUMNS)
    assert len(set(COLUMNS)) == len(COLUMNS)
    assert sweep_job.KEY == KEY
