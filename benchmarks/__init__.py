"""Measurements of the bundle's speed and cost: `make bench`."""
