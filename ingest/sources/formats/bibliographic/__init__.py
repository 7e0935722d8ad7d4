"""Text formats of reference managers and databases: BibTeX, RIS, tagged records, listings."""
