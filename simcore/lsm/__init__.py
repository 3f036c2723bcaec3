"""Liquidity-saving and netting mechanisms, one per file; found by scan and named in scenarios and by ``luhai net``."""

from simcore.registry import Registry

REGISTRY = Registry("simcore.lsm")
register = REGISTRY.register
