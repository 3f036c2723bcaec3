"""Paths of exchange rates over a run: when they step, and one file for each way to simulate them."""
