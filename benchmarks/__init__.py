"""What the bundle costs and how fast it is, measured. `python -m benchmarks`, or `make bench`."""
