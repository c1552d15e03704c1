"""What the user sees: the article's lines, the table, records in files, the summary."""
