"""Verification (1:1): are these two faces the same person, and which part of them decided?"""
