"""Pages that people read: saved web pages, plain text, reading lists, the first page of a PDF."""
