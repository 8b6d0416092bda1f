"""AWS on localhost: moto, and what moto leaves out."""
