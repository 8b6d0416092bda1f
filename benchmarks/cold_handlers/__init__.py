"""Handlers to compare with. They run in the runtime's Python, on the dependencies layer and what it lacks of theirs."""
