"""Speed, memory and cost: every stage, the curves over size, peers on the same work, and what a day's traffic needs."""
