"""A whole system in simulation: processor, bus, SDRAM and the core. Needs the extra `soc`."""
