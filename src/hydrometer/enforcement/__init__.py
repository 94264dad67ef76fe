"""What is done about a campaign: policies, what they would have done, appeals, and the log of every decision."""
