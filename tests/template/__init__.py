"""What template.yaml promises about the deployment, checked on what SAM makes of it."""
