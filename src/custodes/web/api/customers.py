"""Customers, and what is handed to one who leaves."""

from custodes.acts.asks.buckets.bounds import CustomerBounds, LookCustomerLimits, SetCustomerLimits
from custodes.acts.asks.exports import (
    BeginExport,
    EndExport,
    ExportSheet,
    ExportsView,
    ExportView,
    LookExports,
    TakeExport,
)
from custodes.acts.asks.parties import CreateCustomer, CustomerView, LookCustomer
from custodes.acts.asks.running.metering import LookMetering, Metering

from .asking import Row

_WHO = ("forbidden", "not-authenticated")
_SIGNED = ("asker-did-not-sign", "signature-refused", "signatures-too-few", "too-many-signatures")
ROWS = (
    Row(
        method="POST",
        path="/v1/customers",
        name="create-customer",
        action="customer:create",
        ask=CreateCustomer,
        gives=CustomerView,
        summary="A customer of an organisation that is enrolled",
        refusals=(*_WHO, "name-taken", "no-such-thing", "bad-name"),
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
    Row(
        method="GET",
        path="/v1/customers/{customer}/limits",
        name="get-customer-limits",
        action="customer:read",
        ask=LookCustomerLimits,
        gives=CustomerBounds,
        summary="How much a customer may store and how fast he may ask, and what lies in his buckets",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="PUT",
        path="/v1/customers/{customer}/limits",
        name="set-customer-limits",
        action="customer:limit",
        ask=SetCustomerLimits,
        gives=CustomerBounds,
        summary="Limit a customer's storage and S3 requests; what is left out is taken away",
        refusals=(*_WHO, "limit-invalid", "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/customers/{customer}/exports",
        name="get-exports",
        action="customer:read",
        ask=LookExports,
        gives=ExportsView,
        summary="The customer's exports, newest first",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="POST",
        path="/v1/customers/{customer}/exports",
        name="begin-export",
        action="customer:export",
        ask=BeginExport,
        gives=ExportView,
        summary="Two people of the customer have what opens his objects handed to him",
        documents=("approvals",),
        refusals=(*_WHO, *_SIGNED, "bad-export", "no-such-thing", "outside-boundary"),
    ),
    Row(
        method="POST",
        path="/v1/exports/{export}/sheets",
        name="take-export",
        action="customer:export",
        ask=TakeExport,
        gives=ExportSheet,
        summary="The next sheet of an export: an age file that only its recipient opens",
        timeout_ms=30_000,
        refusals=(*_WHO, "bad-export", "changed-meanwhile", "export-ended", "no-such-thing", "slow-down"),
    ),
    Row(
        method="POST",
        path="/v1/exports/{export}/end",
        name="end-export",
        action="customer:export",
        ask=EndExport,
        gives=ExportView,
        summary="No further sheet of this export is given",
        refusals=(*_WHO, "no-such-thing"),
    ),
    Row(
        method="GET",
        path="/v1/customers/{customer}/metering",
        name="get-metering",
        action="log:read",
        ask=LookMetering,
        gives=Metering,
        summary="What was used in a month, a line per day as CSV, counted from the customer's entries",
        raw=lambda found: found.csv,
        media="text/csv",
        timeout_ms=60_000,
        refusals=(*_WHO, "bad-month", "no-such-thing"),
    ),
)
