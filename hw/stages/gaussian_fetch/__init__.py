"""Stage 2, gaussian_fetch: what is read from memory, and in which order."""
