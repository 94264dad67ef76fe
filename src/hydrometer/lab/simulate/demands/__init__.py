"""What is asked of the model around a task: harvest demands, one grammar per family."""
