"""The Check tab: a draft beside the sentences that bear its claims out, or don't."""
