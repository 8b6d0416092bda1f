"""Takes notifications from the queue, confirms each with a status check and updates the transfer."""
