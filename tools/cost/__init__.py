"""AWS's price of transfers: make cost."""
