"""Views that see nothing of a scene, and what is likely wrong then."""

from __future__ import annotations

from collections.abc import Mapping

from golden.errors import warn

NAMED = 3


def warn_of_blind_views(seen: Mapping[str, int], scene: str) -> None:
    """Warns where a view sees no Gaussian; the figures are of what was given all the same.

    Parameters
    ----------
    seen : Gaussians by name of the view.
    scene : name of the scene's file.
    """
    blind = [name for name, count in seen.items() if not count]
    if not blind:
        return
    names = ", ".join(blind[:NAMED]) + (", ..." if len(blind) > NAMED else "")
    all_views = len(blind) == len(seen)
    axes = all_views and scene.lower().endswith((".spz", ".glb", ".gltf"))
    who = "the view sees" if len(seen) == 1 else f"{len(blind)} of {len(seen)} views see"
    warn(
        f"{who} nothing of {scene} ({names}): where its world is not that of the cameras, give the "
        "transform between them with --transform"
        + (", or, where its writer kept the axes of PLY, --axes rdf." if axes else ".")
    )
