"""Storage in one DynamoDB table: one item per transfer, and each change is one conditional write."""
