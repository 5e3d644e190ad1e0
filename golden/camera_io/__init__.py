"""Camera files: INRIA cameras.json, COLMAP text and binary, transforms.json."""
