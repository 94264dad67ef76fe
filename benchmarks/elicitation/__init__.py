"""What the elicitation model is trained on and how; the package ships what comes of it."""
