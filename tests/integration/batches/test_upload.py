"""Batches from files: upload, reading, and what is wrong with a file."""
