"""Delivers webhooks to the merchant's back end: one for each change of what a transfer reports."""
