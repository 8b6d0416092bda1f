"""Verification of the promise, by machine: `make prove`."""
