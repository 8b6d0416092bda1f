"""What the bundle costs and how fast it is, measured. `python -m bench`, or `make bench`."""
