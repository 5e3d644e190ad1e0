"""What the system is to draw: a small pack, its views, and where everything lies in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.numbers.bits import round_up
from golden.pack import build_pack
from golden.pack.file import ALIGNMENT_BYTES, pack_bytes
from golden.params import Parameters
from golden.rules import INRIA
from golden.view import ListMemory, ViewFrame

PACK_ADDRESS = 0x4000_0000  # where LiteX has its main memory
GAUSSIANS, CLUSTERS, PER_GROUP, VIEWS = 2000, 24, 4, (0, 5)
LIST_BYTES = 128 * 2048
BACKGROUND = (0.25, 0.25, 0.25)


@dataclass(frozen=True, eq=False)
class Job:
    """Frames in the order they are drawn, in memory of the system.

    Parameters
    ----------
    image : bytes of the pack at PACK_ADDRESS.
    frames : by the integer model; all share the list memory.
    pictures : byte address of each picture.
    """

    image: bytes
    frames: tuple[ViewFrame, ...]
    pictures: tuple[int, ...]

    @property
    def header(self) -> str:
        """job.h of the firmware."""
        lines = [
            "/* What is drawn: generated. */",
            f"#define JOB_PACK {PACK_ADDRESS:#x}u",
            f"#define JOB_PACK_BYTES {len(self.image)}u",
            "typedef struct {",
            "    splatsieve_camera camera;",
            "    splatsieve_drawing drawing;",
            "    uint32_t picture, bytes;",
            "} job_view;",
            "static const job_view job_views[] = {",
            *(_view(*each) for each in zip(self.frames, self.pictures, strict=True)),
            "};",
        ]
        return "\n".join(lines) + "\n"


def make_job(params: Parameters, size_px: tuple[int, int]) -> Job:
    """Views of a few Gaussians of the default scene.

    Parameters
    ----------
    params : of a build that draws.
    size_px : width and height of the pictures.
    """
    options = ClusterOptions("morton", CLUSTERS, "safe", 0, per_group=PER_GROUP)
    pack = build_pack(default_scene(GAUSSIANS), options, INRIA, colors="narrow")
    image = pack_bytes(pack)
    lists = ListMemory(round_up(PACK_ADDRESS + len(image), ALIGNMENT_BYTES), LIST_BYTES)
    address = lists.list_address + lists.list_bytes
    frames, pictures = [], []
    for index in VIEWS:
        camera = replace(default_cameras()[index].resized(*size_px))
        frame = ViewFrame(pack, camera, INRIA, params, lists, BACKGROUND)
        frames.append(frame)
        pictures.append(address)
        address = round_up(address + frame.picture.nbytes, ALIGNMENT_BYTES)
    return Job(image, tuple(frames), tuple(pictures))


def _view(frame: ViewFrame, picture: int) -> str:
    lists, background = frame.memory, _doubles(frame.background)
    drawing = f"{{{lists.list_address:#x}u, {lists.list_bytes}u, {background}, 0, 0}}"
    return f"    {{{_camera(frame.camera)}, {drawing}, {picture:#x}u, {frame.picture.nbytes}u}},"


def _camera(camera: Camera) -> str:
    rows = ", ".join(_doubles(row) for row in camera.viewmat[:3, :3])
    numbers = ", ".join(float(n).hex() for n in (camera.fx, camera.fy, camera.cx, camera.cy))
    translation = _doubles(camera.viewmat[:3, 3])
    return f"{{{{{rows}}}, {translation}, {numbers}, {camera.width}, {camera.height}}}"


def _doubles(values: object) -> str:
    """A C initialiser that has every bit of them."""
    return "{" + ", ".join(float(value).hex() for value in values) + "}"  # type: ignore[attr-defined]
