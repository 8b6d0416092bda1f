"""`make deploy-check`: `make deploy` with the real SAM, against an AWS emulator."""
