"""Customers."""

from custodes.acts.asks.parties import CreateCustomer, CustomerView, LookCustomer

from .asking import Row

_WHO = ("forbidden", "not-authenticated")
ROWS = (
    Row(
        method="POST",
        path="/v1/customers",
        name="create-customer",
        action="customer:create",
        ask=CreateCustomer,
        gives=CustomerView,
        summary="A customer of an organisation that is enrolled",
        refusals=(*_WHO, "name-taken", "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/customers/{customer}",
        name="get-customer",
        action="customer:read",
        ask=LookCustomer,
        gives=CustomerView,
        summary="A customer's facts: holder, sub-logs, whether it is killed or sealed",
        refusals=(*_WHO, "no-such-thing"),
    ),
)
