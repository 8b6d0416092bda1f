"""Mutation of the pure modules: every small change that cosmic-ray can think of is made once, and a test must die."""
