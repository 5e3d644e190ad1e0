"""The cycles of each stage, a file a stage."""
