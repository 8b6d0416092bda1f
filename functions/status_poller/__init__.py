"""The schedule that makes the promise true: every open transfer is asked about until it has its end."""
