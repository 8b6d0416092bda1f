"""API Gateway on localhost, and the pages that are served beside it."""
