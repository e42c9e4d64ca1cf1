"""Remote devices: plan, price, write down, submit, wait, fetch; the same for every vendor.

A vendor's adapter is a `RemoteDevice` with the vendor's part; everything here loses no job that a
provider accepted, sends none twice, and spends no more than the budget.
"""
