"""What follow-up questions are made of: topics, turns of phrase, pronouns and ellipses."""
