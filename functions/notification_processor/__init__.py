"""Notifications come out of the queue here: confirm with DOKU, apply."""
