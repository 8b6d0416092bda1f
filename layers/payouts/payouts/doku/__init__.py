"""The DOKU edge: signed calls, messages, the shared token, response codes and banks. Seed 003 and PROTOCOL.md."""
