"""Lambda on localhost: worker processes that speak the Runtime API."""
