"""Everything that touches a key: token, request and notification signatures. No AWS, no HTTP, no clock of its own.

Import the module that is needed (`doku_signing.request` needs no `cryptography`, for example): a cold start pays for
every import.
"""
