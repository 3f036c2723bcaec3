"""Scenario files: reading and resolving them, and the catalogue that Luhai ships."""

__distribution__ = "luhai"
