"""`make demo`: plays every scenario with the real handlers and prints each step."""
