"""Stage 5, tile_bin: splats into list entries, and entries into the lists of the bins."""
