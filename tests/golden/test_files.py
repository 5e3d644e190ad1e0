"""Files that are written whole or not at all, and places where none can be."""

import os
from pathlib import Path

import pytest

from golden.camera_io import read_cameras
from golden.errors import InputError
from golden.files import read_bytes, write_text
from golden.image import read_image
from golden.pack.file import load_pack
from golden.scene_io import read_scene


@pytest.mark.parametrize("path", [Path(), Path("."), Path("/"), Path("..")])
def test_folders_are_refused_by_any_name(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="is a folder: name the file"):
        write_text(path, "x")
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_refused_and_stays(tmp_path):
    """As /dev/null would: a new file that takes its name would end it for everyone."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="no ordinary file"):
        write_text(pipe, "x")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_name_that_is_too_long(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_text(tmp_path / ("n" * 300), "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reader", [read_bytes, read_scene, read_cameras, read_image, load_pack])
@pytest.mark.parametrize("name", ["/dev/zero", "pipe"])
def test_what_may_never_end_is_not_read(reader, name, tmp_path):
    os.mkfifo(tmp_path / "pipe")  # nobody writes into it
    with pytest.raises(InputError, match="is a device or a pipe, not a file"):
        reader(tmp_path / name)
