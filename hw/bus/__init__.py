"""AXI: the read master, and the register slave."""
