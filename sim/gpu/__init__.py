"""GPU traces: recorded, read, and derived for other GPUs."""
