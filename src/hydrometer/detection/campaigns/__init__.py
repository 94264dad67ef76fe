"""From links to campaigns: propose groups, grow them, split them, judge them, follow them over time."""
