"""Stage 3, gaussian_project, in integers: formats, constants of a frame, and the bit-exact model."""
