"""Rail kinds, one per file; each names its discipline and its parameters."""

from simcore.registry import Registry

REGISTRY = Registry("simcore.rails")
register = REGISTRY.register
