"""Running the generated RTL, the cycle model and GPU traces."""
