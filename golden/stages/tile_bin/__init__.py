"""Stage 5, tile_bin: which splat falls on which tile."""
