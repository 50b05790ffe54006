"""Files beside the database: copied, compared, put back."""
