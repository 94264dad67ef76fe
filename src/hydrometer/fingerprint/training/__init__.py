"""What the demand model is trained on and how; nothing here is needed at run time."""
