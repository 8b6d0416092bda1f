"""The API as an OpenAPI 3.1 document, written from its routes, its requests and its answers."""
