"""Stage 7, rasterize: the entries of a bin in order in, its pixels out."""
