"""DOKU's callbacks come in here: authenticate, keep, answer. Nothing is decided here (DESIGN 2.8)."""
