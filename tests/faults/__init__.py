"""Faults of the whole product, made for real. Those of one part alone are tested beside that part."""
