"""What the functions get from Lambda and AWS: clients, environment, secret, snapshots, metrics."""
