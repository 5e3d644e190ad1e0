"""The seven stages, a folder each: float64 reference and bit-exact integer model."""
