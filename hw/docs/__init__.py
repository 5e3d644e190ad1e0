"""Documents and drawings of the hardware, made from what defines it."""
