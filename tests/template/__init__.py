"""Tests of template.yaml as SAM translates it."""
