"""Ways to settle payment versus payment, one kind per file; a hop of a route names one of them."""

from simcore.registry import Registry

REGISTRY = Registry("simcore.pvp")
register = REGISTRY.register
