"""Stage 3, gaussian_project, in integers: formats, frame constants, and the bit-exact model."""
