"""Where compiled code is kept: without a home, a passwd entry, a folder that can be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

import golden
from golden import cache_folder as module
from golden.cache_folder import cache_folder, usable_home


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder of temporary files of this test alone."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def no_home(*_):
    raise RuntimeError("Could not determine home directory.")


@pytest.fixture
def file(tmp_path):
    (tmp_path / "file").touch()
    return tmp_path / "file"


def test_the_users_own_comes_first(tmp_path, monkeypatch, temporary):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    assert cache_folder() == tmp_path / "kept" / "splatsieve"
    assert list(temporary.iterdir()) == []
    with usable_home():
        assert os.environ["XDG_CACHE_HOME"] == str(tmp_path / "kept")


def test_without_a_home_it_lies_among_temporary_files(monkeypatch, temporary):
    monkeypatch.setattr(platformdirs, "user_cache_dir", no_home)
    folder = cache_folder()
    assert folder == temporary / f"splatsieve-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert cache_folder() == folder
    before = dict(os.environ)
    with usable_home():
        assert os.environ["HOME"] == os.environ["XDG_CACHE_HOME"] == str(folder)
    assert dict(os.environ) == before


def test_one_that_cannot_be_written_is_not_taken(monkeypatch, temporary, file):
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda _: str(file / "splatsieve"))
    assert cache_folder() == temporary / f"splatsieve-{os.getuid()}"


def test_a_name_relative_to_the_current_folder_is_no_home(monkeypatch, temporary):
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda _: "~/.cache/splatsieve")
    assert cache_folder().parent == temporary


@pytest.mark.parametrize("fault", ["open", "link", "foreign", "file"])
def test_what_another_may_have_put_there_is_not_run(monkeypatch, temporary, tmp_path, fault):
    monkeypatch.setattr(platformdirs, "user_cache_dir", no_home)
    place = temporary / f"splatsieve-{os.getuid()}"
    if fault == "link":
        place.symlink_to(tmp_path)
    elif fault == "file":
        place.touch()
    else:
        place.mkdir(mode=0o700)
        if fault == "open":
            place.chmod(0o777)
        else:
            monkeypatch.setattr(module.os, "getuid", lambda: place.stat().st_uid + 1)
            (temporary / f"splatsieve-{place.stat().st_uid + 1}").symlink_to(place)
    assert cache_folder() is None
    with usable_home():
        pass


KERNEL = """
import sys, warnings
from golden.errors import InputWarning
import golden.jit, numba
{before}
@golden.jit.serial_kernel
def twice(x):
    return 2 * x
{after}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    print(twice(21), [str(w.message) for w in said if w.category is InputWarning])
"""


def kernel(tmp_path: Path, before: str = "", after: str = "", **environment: str) -> str:
    (tmp_path / "k.py").write_text(KERNEL.format(before=before, after=after))
    root = str(Path(golden.__file__).parents[1])
    run = subprocess.run(
        [sys.executable, str(tmp_path / "k.py")],
        env=dict(os.environ, PYTHONPATH=root, **environment),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


NO_LOCATOR = """
from numba.core.caching import CacheImpl
CacheImpl._locator_classes = []
"""
FULL = """
import errno
def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")
from numba.core import caching
caching.IndexDataCacheFile.save = full
"""
GONE = """
import shutil
shutil.rmtree(twice._cache.cache_path)
"""
DAMAGED = """
from pathlib import Path
for path in Path(twice._cache.cache_path).iterdir():
    path.write_bytes(b"x")
"""


def test_a_kernel_runs_without_a_place_for_its_code(tmp_path):
    assert kernel(tmp_path, before=NO_LOCATOR) == "42 []"


def test_a_kernel_runs_on_a_full_disk_and_says_so(tmp_path):
    text = kernel(tmp_path, before=FULL)
    assert text.startswith("42 ['compiled kernels cannot be kept in ")
    assert "(No space left on device): this run goes on, and the next compiles them" in text


def test_a_kernel_runs_where_its_cache_is_deleted_or_damaged(tmp_path):
    kept = {"NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    assert kernel(tmp_path, **kept) == "42 []"
    assert kernel(tmp_path, after=GONE, **kept).startswith("42 [")
    assert kernel(tmp_path, **kept) == "42 []"
    assert kernel(tmp_path, after=DAMAGED, **kept).startswith("42 [")
