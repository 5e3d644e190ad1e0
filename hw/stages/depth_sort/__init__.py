"""Stage 6, depth_sort: a bin's list in order of depth key and arrival."""
