"""Machines of both vendors on loopback that go wrong as scripted, and the product played on them.

Nothing here is a vendor's code, and no vendor was asked: what the client does is measured; whether
a service ever behaves so is not.
"""
