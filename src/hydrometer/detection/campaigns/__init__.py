"""From links to campaigns: candidates, groups, scores, members, harvest."""
