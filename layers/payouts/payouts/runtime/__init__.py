"""The functions' access to their Lambda environment: AWS clients, configuration, secret, log and metrics."""
