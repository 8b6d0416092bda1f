"""DynamoDB Local and ElasticMQ: engines that are not moto."""
