"""What an evaluation says: tables, plots, the HTML page, comparisons, floors."""
