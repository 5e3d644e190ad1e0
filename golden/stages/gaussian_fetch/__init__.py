"""Stage 2, gaussian_fetch: the Gaussians of visible clusters, with their cluster's place."""
