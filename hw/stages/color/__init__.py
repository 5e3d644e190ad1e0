"""Stage 4, color: spherical harmonics of the splats, read by index and evaluated."""
