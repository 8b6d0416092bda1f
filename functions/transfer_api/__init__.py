"""The transfer API: what merchant frontends call through API Gateway."""
