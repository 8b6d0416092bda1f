"""API Gateway on localhost, and the pages of the local run."""
