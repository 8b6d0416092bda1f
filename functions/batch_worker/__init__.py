"""The batch worker: checks, pays and settles the chunks of batches."""
