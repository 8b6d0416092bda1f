"""AWS in memory, for runs on a virtual clock: the table and the secret, behind the clients of boto3."""
