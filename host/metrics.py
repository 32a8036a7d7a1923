"""Figures for Prometheus that are counted as things happen; what can be looked up at any time
is collected in :mod:`host.web.metrics`."""

from __future__ import annotations

import prometheus_client

from host.executors.call import Call

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)

prometheus_client.disable_created_metrics()  # they double the series of every counter
REGISTRY = prometheus_client.CollectorRegistry()

_CALLS = prometheus_client.Counter(
    "triptych_calls",
    "Calls of a plugin's backend that have ended: done, cancelled, refused or failed.",
    ["plugin", "outcome"],
    registry=REGISTRY,
)
_CALL_SECONDS = prometheus_client.Histogram(
    "triptych_call_seconds",
    "Time of a call on its worker.",
    ["plugin"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_CALL_WAIT_SECONDS = prometheus_client.Histogram(
    "triptych_call_wait_seconds",
    "Time that a call waited for its worker.",
    ["plugin"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_REFUSALS = prometheus_client.Counter(
    "triptych_refusals",
    "Requests and calls that were refused, by the limit or the rule.",
    ["kind"],
    registry=REGISTRY,
)


def ended(plugin: str, call: Call) -> None:
    """Count a call that has ended. For any thread."""
    _CALLS.labels(plugin, call.outcome).inc()
    _CALL_SECONDS.labels(plugin).observe(call.seconds)
    _CALL_WAIT_SECONDS.labels(plugin).observe(call.waited)


def refused(kind: str) -> None:
    """Count a refusal. For any thread.

    kind: the limit or the rule, in snake_case ("visitor_calls", "origin"); never what a visitor
        sent, for every kind is a series that stays.
    """
    _REFUSALS.labels(kind).inc()
