"""Every table and record that the stages meet in, declared once."""
