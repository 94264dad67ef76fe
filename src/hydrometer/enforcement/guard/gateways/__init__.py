"""Gateways: each turns what its peer sends into a request, asks the gate, and answers as its peer expects."""
