"""Words and units of a report."""

GLOSSARY = {
    "unnecessary": "Gaussians that the projection drops under the rules: radii == 0.",
    "cannot reach": "Gaussians that reach alpha 1/255 at no pixel: all unnecessary ones, and more.",
    "excluded": "Gaussians in clusters that the cluster test drops: no later stage reads them.",
    "found": "unnecessary Gaussians that are excluded, of the unnecessary ones.",
    "lost": "excluded Gaussians that do reach alpha 1/255 at a pixel, by the float64 reference.",
    "splat": "a Gaussian that the projection keeps: centre, conic, opacity, depth, tile rectangle.",
    "cut": "a channel of a splat's colour above 2, set to the largest number of its format, or "
    "below 0, set to 0.",
    "tile pairs": "pairs of a splat and a tile of 16x16 px that it may touch.",
    "bin pairs": "the same with the squares that the configuration sorts for, bin_px on a side.",
    "ball test": "one ball, of a cluster or of a group of clusters, against the four side planes "
    "and the near plane. Tests: groups + clusters of the groups that pass.",
    "saved net": "1 - (what is spent with culling, its tests included) / (what is spent without).",
    "kept, dropped": "clusters that the test passes on, and the others.",
    "safe, 3sigma": "radius of a cluster's ball: the bound that loses nothing; the paper's, "
    "distance to the centre + 3 standard deviations.",
    "front end": "cluster_cull, gaussian_fetch and gaussian_project alone on the memory, as the "
    "RTL is; splats leave on a stream. + colour: the colour records fetched and evaluated too.",
    "splats written to memory": "the same with every splat and its colour written to the DRAM, "
    "as a GPU's kernels write theirs; of a build that is clocked, stages 1 to 5, whose lists hold "
    "the splats with their colours.",
    "clocked": "every cycle of the RTL build that the configuration names, behind the DRAM that "
    "the RTL is simulated with. The clock is held to the RTL with error 0. Other machines: by "
    "formula.",
    "stream, render": "the two phases of a frame: stages 1 to 5 streaming into one another; sort "
    "and blending, once all lists are complete. Frame: their sum, the latency of one.",
    "frames overlapping": "cycles between frames where the stream of the next overlaps the "
    "rendering of one; of a clocked build the larger of render and of stream + the cycles in "
    "which the rendering's data moves.",
    "busy, waits, other phase": "cycles of a stage's own units; waiting for the DRAM, for an "
    "earlier or a later stage of its phase; the other phase. They add up to the frame.",
    "slowest": "the worst view of that very figure: fewest found, most cycles, least speed-up.",
    "gain": "cycles without culling / cycles with it, same hardware.",
    "as measured": "GPU kernel time / accelerator time of a view; the mean is over the views' "
    "ratios. Front end: against projection kernels (and those of culling where the GPU culls); + "
    "colour: and spherical harmonics; frame: all kernels. With gaps: against the frame between two "
    "events, in which the GPU also waits for the host.",
    "at equal bandwidth": "the same, with the GPU's kernel times x (GPU peak GB/s / accelerator's "
    "peak GB/s); the accelerator as configured.",
    "derived edge GPU": "every kernel of the measured GPU scaled to another machine by the rule of "
    "sim/gpu/edge_gpu.py; no measurement.",
    "achieved GB/s": "bytes asked for / time that the DRAM takes for them, rows, banks, turns and "
    "refresh included.",
    "DRAM energy": "an estimate from counted activates, bursts and refreshes, the frame's time and "
    "published supply currents; of the DRAM alone, without I/O and controller.",
    "arithmetic intensity": "multiplications / bytes moved over the DRAM.",
    "fetched splats": "splats that the rasteriser reads, over all tiles, until a tile is done.",
    "tested, blended": "alpha evaluations at pixels that are not done yet, and those that changed "
    "a pixel.",
    "GB/s, MB, kB": "10^9 bytes a second, 10^6 bytes, 10^3 bytes. us, ms: 10^-6 and 10^-3 s. "
    "MHz: 10^6 cycles a second. px: pixels. dB: decibels. x: a ratio.",
}
