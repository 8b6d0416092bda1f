"""The use cases, over the store and DOKU."""
