"""Gateways: each turns what its peer sends into a request, asks the enforcement point, and answers as its peer expects."""
