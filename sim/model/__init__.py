"""The cycle model of the whole accelerator: seven stages, one DRAM, counts of the real frame."""
