"""The client of DOKU's API: signed calls, messages, answers, notifications and banks (docs/doku-protocol.md)."""
