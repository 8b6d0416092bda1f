"""The operators' command line, the build and deployment, and the generators of docs/."""
