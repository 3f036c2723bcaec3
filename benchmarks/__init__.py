"""Benchmarks of the source tree, not part of an installed Luhai: ``luhai bench NAME`` calls ``main`` in here."""
