"""The transfer API, which merchants' software calls through API Gateway."""
