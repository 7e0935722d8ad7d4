"""Questions that the library's own records answer: who, when, which years, how many, papers like X.

It knows titles, authors, years, ids and topics, and who was cited last; it reads no prose but to
find whether a term occurs.
"""
