"""The default scene's cameras as a file, for commands on a part of that scene."""

from __future__ import annotations

import json
from pathlib import Path

from golden.default_scene import default_cameras


def cameras_file(folder: Path) -> Path:
    """The default scene's cameras as INRIA's cameras.json."""
    rows = [
        {
            "img_name": c.name,
            "width": c.width,
            "height": c.height,
            "position": c.position.tolist(),
            "rotation": c.viewmat[:3, :3].T.tolist(),
            **{key: getattr(c, key) for key in ("fx", "fy", "cx", "cy")},
        }
        for c in default_cameras()
    ]
    (folder / "cameras.json").write_text(json.dumps(rows))
    return folder / "cameras.json"
