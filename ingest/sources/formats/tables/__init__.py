"""Tables of papers: CSV and TSV, Excel, Parquet."""
