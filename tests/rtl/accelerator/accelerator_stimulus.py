"""Packs, views and spoilt images for the accelerator, and the splats the model makes of them."""

from __future__ import annotations

import struct

import numpy as np

from golden.camera import Camera
from golden.pack import Pack, with_colors
from golden.params import Parameters
from golden.records import CLUSTER_DTYPE, RECORD_BYTES
from golden.rules import GSPLAT, INRIA
from golden.view import ViewFrame, view_frame
from hw.frame.header_check import TABLES, header_fields
from hw.host.status import StatusCode
from tests.golden.hostile_scenes import make_scene
from tests.golden.pack.pack_cases import packed

PAGE_BYTES = 4096
FIELDS = header_fields(tuple(TABLES))


def small_pack(seed: int = 0, gaussians: int = 500, clusters: int = 40, per_group: int = 4) -> Pack:
    """A cloud around the origin, in uneven clusters."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(gaussians, 3)) * rng.choice((0.2, 1.0, 2.0), (gaussians, 1))
    scales = np.exp(rng.normal(-3, 0.7, (gaussians, 3)))
    scene = make_scene(means, scales, seed=seed)
    return packed(scene, "reach", clusters, per_group=per_group)


def colored_pack(seed: int = 0, gaussians: int = 180, clusters: int = 20) -> Pack:
    """The same kind of cloud, with narrow colours of degree 3."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(gaussians, 3)) * rng.choice((0.2, 1.0, 2.0), (gaussians, 1))
    scene = make_scene(means, np.exp(rng.normal(-3, 0.7, (gaussians, 3))), seed=seed, degree=3)
    return with_colors(packed(scene, "reach", clusters), scene, "narrow")


def camera_at(position, target, name: str = "view", width: int = 200, height: int = 120) -> Camera:
    """A camera that looks from one point at another."""
    forward = np.subtract(target, position)
    forward = forward / np.linalg.norm(forward)
    right = np.cross((0.0, 1.0, 0.0), forward)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    viewmat = np.eye(4)
    viewmat[:3, :3] = rotation
    viewmat[:3, 3] = -rotation @ np.asarray(position, dtype=float)
    return Camera(name, width, height, 0.9 * width, 0.9 * width, width / 2, height / 2, viewmat)


def random_views(pack: Pack, count: int, params: Parameters, seed: int = 0) -> list[ViewFrame]:
    """Views from near, from within and from afar, of both rules; those of odd number see part."""
    rng = np.random.default_rng(seed)
    views = []
    for n in range(count):
        position = rng.normal(size=3)
        position *= rng.choice((0.5, 2.5, 5.0)) / np.linalg.norm(position)
        target = rng.normal(size=3) * (0.3 if n % 2 == 0 else 2.0)
        camera = camera_at(position, target, f"view {n}")
        views.append(ViewFrame(pack, camera, (INRIA, GSPLAT)[n // 2 % 2], params))
    return views


def view_of_all(pack: Pack, params: Parameters) -> ViewFrame:
    """From afar: every group and cluster of `small_pack` passes."""
    return view_frame(pack, camera_at((0.1, 0.2, -25.0), (0, 0, 0), "all"), INRIA, params)


def view_of_nothing(pack: Pack, params: Parameters) -> ViewFrame:
    """From afar, looking away: no group of `small_pack` passes."""
    return view_frame(pack, camera_at((0.1, 0.2, -25.0), (0, 0, -50), "nothing"), INRIA, params)


def field_of(image: bytes, name: str) -> int:
    """A number of the header, by its name in FIELDS."""
    offset, size = FIELDS[name]
    return int.from_bytes(image[offset : offset + size], "little")


def with_field(image: bytes, name: str, value: int) -> bytes:
    """The image with another number in its header; the check sum is left, no hardware reads it."""
    offset, size = FIELDS[name]
    return image[:offset] + value.to_bytes(size, "little") + image[offset + size :]


def with_row(image: bytes, table: str, row: int, **fields: int) -> bytes:
    """The image with other numbers in a row of its groups or clusters."""
    start = field_of(image, f"{table}_offset") + row * RECORD_BYTES
    record = np.frombuffer(image[start : start + RECORD_BYTES], dtype=CLUSTER_DTYPE).copy()
    for name, value in fields.items():
        record[name] = value
    return image[:start] + record.tobytes() + image[start + RECORD_BYTES :]


def with_more_groups(image: bytes, pack: Pack, extra: np.void, count: int) -> bytes:
    """The image with a longer group table behind its end: its own groups, then a row repeated."""
    start = -(-len(image) // PAGE_BYTES) * PAGE_BYTES
    groups = np.concatenate((pack.groups, np.repeat(np.atleast_1d(extra), count)))
    image = with_field(image, "groups_offset", start)
    image = with_field(image, "groups_count", len(groups))
    return image.ljust(start, b"\0") + groups.tobytes()


def spoilt_images(image: bytes, pack: Pack) -> dict[str, tuple[bytes, StatusCode]]:
    """Images that no host should send, by what is wrong, with the code that each must end in.

    They go with a view that sees all groups and clusters.
    """
    n, m, g = len(pack), len(pack.clusters), len(pack.groups)
    past = -(-len(image) // PAGE_BYTES) * PAGE_BYTES
    magic, version, outside = (
        StatusCode.BAD_MAGIC,
        StatusCode.BAD_VERSION,
        StatusCode.TABLE_OUTSIDE,
    )
    headers = {
        "magic": ("magic", 0x4B434150544C5053 ^ 1 << 63, magic),
        "no magic": ("magic", 0, magic),
        "version": ("version", 2, version),
        "center bits": ("center_bits", 23, version),
        "radius bits": ("radius_bits", 25, version),
        "no groups": ("groups_count", 0, StatusCode.EMPTY),
        "no clusters": ("clusters_count", 0, StatusCode.EMPTY),
        "no Gaussians": ("geometry_count", 0, StatusCode.EMPTY),
        **{
            f"{table} {what}": (f"{table}_{field}", value, outside)
            for table in ("groups", "clusters", "geometry")
            for what, field, value in (
                ("at the end", "offset", past),
                ("far beyond", "offset", 2**64 - 4096),
                ("off a record", "offset", 4112),
                ("too many", "count", len(image) // RECORD_BYTES + 1),
                ("2^32 too many", "count", (1 << 32) + 1),
                ("2^64 too many", "count", 2**64 - 1),
            )
        },
    }
    spoilt = {
        what: (with_field(image, field, value), code)
        for what, (field, value, code) in headers.items()
    }
    count_of = {"groups": g, "clusters": m}
    rows = {
        "empty {}": {"count": 0},
        "{} beyond": {"base": 2**31},
        "{} at the top": {"base": 2**32 - 1, "count": 65535},
        "{} one too far": {"base": {"groups": m, "clusters": n}, "count": 1},
    }
    for table, count in count_of.items():
        for place, row in (("first", 0), ("middle", count // 2), ("last", count - 1)):
            for what, fields in rows.items():
                values = {k: v[table] if isinstance(v, dict) else v for k, v in fields.items()}
                name = f"{what.format(f'{place} of {table}')}"
                spoilt[name] = (with_row(image, table, row, **values), StatusCode.RUN_OUTSIDE)
    return spoilt


def words_of(value: int) -> tuple[int, int]:
    """Low and high word of a register pair."""
    return struct.unpack("<II", value.to_bytes(8, "little"))
