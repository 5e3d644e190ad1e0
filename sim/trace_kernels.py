"""From the kernel names of a profiler to the stage names of this project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

STAGES = ("gaussian_project", "color", "tile_bin", "depth_sort", "rasterize", "other")

# The first substring that a kernel's name holds decides. Of gsplat and CUB, and of the INRIA
# rasteriser, whose published times are quoted; its preprocessing holds projection and colour.
# A scan counts the tiles of all Gaussians up to each; in gsplat's packed mode a second, short one
# counts the visible Gaussians and cannot be told apart by name. "RadixSort" comes before "Scan",
# since a pass of the radix sort is called RadixSortScanBins.
STAGE_BY_SUBSTRING = (
    ("projection_ewa", "gaussian_project"),
    ("projection_ut", "gaussian_project"),
    ("preprocessCUDA", "gaussian_project"),
    ("spherical_harmonics", "color"),
    ("RadixSort", "depth_sort"),
    ("radix_sort", "depth_sort"),
    ("intersect_tile", "tile_bin"),
    ("intersect_offset", "tile_bin"),
    ("isect_offset_encode", "tile_bin"),
    ("duplicateWithKeys", "tile_bin"),
    ("identifyTileRanges", "tile_bin"),
    ("DeviceScan", "tile_bin"),
    ("kernel_scan", "tile_bin"),
    ("rasterize_to_pixels", "rasterize"),
    ("renderCUDA", "rasterize"),
)

_CLOSES = {"<": ">", "(": ")", "{": "}", "[": "]"}


def stage_of(kernel: str) -> str:
    """Stage of a kernel, by its full or short name; "other" where no substring fits.

    "other" holds memory copies and fills, the 4x4 inverse of the pose, and the element-wise
    kernels of PyTorch between gsplat's own: view directions, masks, the offset and the clamp of
    the colours.
    """
    for substring, stage in STAGE_BY_SUBSTRING:
        if substring in kernel:
            return stage
    return "other"


def short_name(kernel: str) -> str:
    """Name of the function alone, without return type, namespaces, template and parameters.

    `void gsplat::intersect_tile_kernel<float>(bool, ...)` gives `intersect_tile_kernel`. Copies
    and fills ("Memcpy DtoH (Device -> Pinned)") keep their name, as does what is no function.
    """
    if kernel.startswith(("Memcpy", "Memset")):
        return kernel
    plain = kernel.replace("(anonymous namespace)", "anonymous")
    outside: list[str] = []
    inside: list[str] = []
    for character in plain:
        if inside:
            if character in _CLOSES:
                inside.append(_CLOSES[character])
            elif character == inside[-1]:
                inside.pop()
        elif character == "(":
            break
        elif character in _CLOSES:
            inside.append(_CLOSES[character])
        else:
            outside.append(character)
    words = "".join(outside).split()
    name = words[-1].rpartition("::")[2] if words else ""
    return name or kernel


def merge_kernels(times_us: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Sum of the times, us, of all kernels that share a short name; longest first."""
    merged: dict[str, float] = {}
    for kernel, time_us in times_us:
        name = short_name(kernel)
        merged[name] = merged.get(name, 0.0) + time_us
    return dict(sorted(merged.items(), key=lambda item: (-item[1], item[0])))


def fold_stages(kernels_us: Mapping[str, float]) -> dict[str, float]:
    """Time of each stage, us, in the order of STAGES; every kernel counts in exactly one."""
    stages = dict.fromkeys(STAGES, 0.0)
    for kernel, time_us in kernels_us.items():
        stages[stage_of(kernel)] += time_us
    return stages
