"""The whole deployment in one process: the handlers over moto and the simulator. Tests and benchmarks share it."""
