"""Measures and pictures drawn from finished runs; reads result files and never runs the engine."""

__distribution__ = "luhai"
