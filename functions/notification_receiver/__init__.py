"""Receives DOKU's notifications: authenticates and queues them, then answers. It changes no transfer."""
