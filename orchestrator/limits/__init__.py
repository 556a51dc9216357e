"""Slots as named resources with whole costs: pure."""
