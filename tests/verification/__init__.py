"""What is promised, shown by machines: `make prove`."""
