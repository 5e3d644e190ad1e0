"""From the kernel names of a profiler to the stage names of this project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

STAGES = ("gaussian_project", "color", "tile_bin", "depth_sort", "rasterize", "other")
# What culling on the GPU adds before them: ball tests, compaction of the survivors' indices,
# gather of their parameters. These run kernels of PyTorch that serve many purposes, so a kernel
# of theirs is told by where in the frame it ran and is kept as "cluster_cull: name".
CULL_STAGES = ("cluster_cull", "compaction", "gaussian_fetch")

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

    A name that starts with one of CULL_STAGES and a colon says its stage itself. "other" holds
    memory copies and fills, the 4x4 inverse of the pose, and the element-wise kernels of PyTorch
    between gsplat's own: view directions, masks, the offset and the clamp of the colours, and in
    gsplat's packed mode the gather of the visible Gaussians' colours.
    """
    stated = kernel.partition(": ")[0]
    if stated in CULL_STAGES:
        return stated
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


def merge_kernels(
    times_us: Iterable[tuple[str, float]], cull_stage: str | None = None
) -> dict[str, float]:
    """Sum of the times, us, of all kernels that share a short name; longest first.

    Parameters
    ----------
    cull_stage : of CULL_STAGES, in which all of them ran; it leads the names.
    """
    merged: dict[str, float] = {}
    for kernel, time_us in times_us:
        name = short_name(kernel)
        if cull_stage is not None:
            name = f"{cull_stage}: {name}"
        merged[name] = merged.get(name, 0.0) + time_us
    return dict(sorted(merged.items(), key=lambda item: (-item[1], item[0])))


def fold_stages(kernels_us: Mapping[str, float]) -> dict[str, float]:
    """Time of each stage, us; every kernel counts in exactly one.

    The stages are STAGES, behind CULL_STAGES where a kernel names one of these.
    """
    culled = any(stage_of(kernel) in CULL_STAGES for kernel in kernels_us)
    stages = dict.fromkeys((*CULL_STAGES, *STAGES) if culled else STAGES, 0.0)
    for kernel, time_us in kernels_us.items():
        stages[stage_of(kernel)] += time_us
    return stages
