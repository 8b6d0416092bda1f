"""Signatures of token requests, calls and notifications. No AWS, no HTTP, no clock.

Import only the module that is needed, since every import lengthens the cold start: `doku_signing.request`, for example,
does without `cryptography`.
"""
