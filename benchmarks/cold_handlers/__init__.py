"""Handlers to compare with, which run in the runtime's Python with the dependencies layer."""
