"""What a person reads of a result: one page, and an explanation of a campaign or an account."""
