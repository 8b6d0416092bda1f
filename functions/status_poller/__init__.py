"""Checks the status of every open transfer on a schedule until it is final."""
