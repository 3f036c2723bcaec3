"""The conductor: SimPy processes for control events, and what builds the world they conduct."""
