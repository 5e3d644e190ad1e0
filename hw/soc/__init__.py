"""The core in systems of LiteX: its buses, and boards. Needs the packages of the extra `soc`."""
