"""Stage 4, color: view-dependent colour from spherical harmonics."""
