"""The traffic as a ledger: account by account, each account's exchanges by time, in files; kernel twins of the SQL steps."""
