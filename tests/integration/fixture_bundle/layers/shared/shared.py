"""Proves that layers are on the path."""

NAME = "the shared layer"
