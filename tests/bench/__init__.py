"""Measures the product on this machine, each figure beside its limit taken in the same run: `just bench`."""
