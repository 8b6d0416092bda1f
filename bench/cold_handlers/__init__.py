"""Handlers to compare with. They run in the runtime's Python, with the artefact's dependencies layer."""
