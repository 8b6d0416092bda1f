"""Webhooks to the merchant's back end, as the Standard Webhooks specification (standardwebhooks.com) describes them."""
