"""Running the RTL: tool chain, Verilator, compiled harnesses, the host's driver."""
