"""Currencies, exact conversion, exchange rates and dealers."""

__distribution__ = "luhai"
