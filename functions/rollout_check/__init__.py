"""CodeDeploy's pre-traffic hook: makes one harmless call to a new version before it gets any traffic."""
