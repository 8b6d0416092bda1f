"""Builds the artefact: SAM's output without unused files, with bytecode."""
