"""`make demo`: every scenario through the real handlers, told as it happens."""
