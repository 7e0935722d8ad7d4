"""The page's server: who may come in, how often, what is called; draws nothing."""
