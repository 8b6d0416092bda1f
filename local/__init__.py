"""The bundle without AWS: everything that `make run` and `make demo` start. Nothing here is deployed."""
