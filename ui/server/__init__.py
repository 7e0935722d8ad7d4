"""The page's server: where it listens, what is called and how often; draws nothing."""
