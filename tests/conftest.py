"""What holds for every test."""

pytest_plugins = ["tests.log_watch"]
