"""Stage 7, rasterize: blending the splats of each tile, front to back."""
