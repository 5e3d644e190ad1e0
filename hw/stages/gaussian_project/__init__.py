"""Stage 3, gaussian_project: Gaussians to splats."""
