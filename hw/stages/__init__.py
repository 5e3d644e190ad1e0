"""The stages in hardware, a folder each, the component in the file of the stage's name."""
