"""How well a paper's sentences answer a question: features and the models over them; decides
nothing.
"""
