"""Stage 6, depth_sort: the splats of each tile, front to back."""
