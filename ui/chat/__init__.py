"""The Chat tab: a conversation, its evidence, what is kept of it."""
