"""What a question means, before any paper is read: history, intent, language, the papers it
names.
"""
