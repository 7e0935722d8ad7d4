"""What people touch: the command line and the chat page; every answer is made in `rag`."""
