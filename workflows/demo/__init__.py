"""What makes the demo live: people's stories, told of the past and of the present."""
