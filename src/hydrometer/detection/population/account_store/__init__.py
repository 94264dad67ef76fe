"""The traffic account by account, each account's exchanges by time, in files: kernel twins of the SQL steps.

Each phase is a type that the one before makes: FrequentShingles (`count_shingles`) → PartitionedStore
(`partition_traffic`) → AccountStore (`build_account_store`, by way of a SortedStore) → Population (`export_population`).
"""
