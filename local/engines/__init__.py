"""DynamoDB Local and ElasticMQ, in place of moto."""
