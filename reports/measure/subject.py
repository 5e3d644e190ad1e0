"""What a report is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from golden.camera import Camera, same_shape
from golden.errors import InputError
from golden.rules import Rules
from golden.scene import Scene

T = TypeVar("T")


class Track(Protocol):
    """Passes items on and shows how far they are, such as splatsieve.progress.track."""

    def __call__(self, items: Iterable[T], description: str, /) -> Iterator[T]:
        """The items, in order."""


def silent(items: Iterable[T], description: str, /) -> Iterator[T]:
    """A Track that shows nothing."""
    yield from items


@dataclass(frozen=True, eq=False)
class Subject:
    """A scene, its views and the rules.

    Parameters
    ----------
    cameras : at least one, of one size, with different names.

    Raises InputError where that does not hold.
    """

    scene: Scene
    cameras: Sequence[Camera]
    rules: Rules

    def __post_init__(self) -> None:
        if not self.cameras:
            raise InputError("no views were chosen for the report: choose at least one.")
        sizes = {(camera.width, camera.height) for camera in self.cameras}
        if len(sizes) > 1:
            first = next(iter(sizes))
            one = all(same_shape(first, size) for size in sizes)
            raise InputError(
                f"the cameras have {len(sizes)} sizes and a report has one: choose "
                + ("it with --size." if one else "views of one shape with --views.")
            )
        names = [camera.name for camera in self.cameras]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"two views are named {twice}: give every image its own name.")

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of every view, px."""
        return self.cameras[0].width, self.cameras[0].height
