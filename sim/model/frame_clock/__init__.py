"""A frame of the whole accelerator clocked: all stages, their memory ports, their course."""
