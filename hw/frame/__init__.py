"""The course of a frame, its counters, and the end of its stream."""
