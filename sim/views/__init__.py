"""Many views through a stage or a frame, by a chosen engine: checks, pictures, photographs."""
