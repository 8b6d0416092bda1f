"""CodeDeploy's pre-traffic hook: one harmless call to a new version before it gets any traffic."""
