"""What visitors may use: no limit is ever exceeded, and nothing is counted for ever."""

import threading
import time
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from gradio_client.utils import Status
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from host.addresses import counted_as
from host.caller import Caller
from host.plugin import UserError
from host.quotas import Quotas
from host.settings import Limits

PLUGIN = Path(__file__).parents[1] / "host" / "demo_plugin.py"
HOUR = 3600.0


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def _spend(quotas, clock, caller, minutes):
    quotas.enter(caller)
    quotas.begin(caller)
    clock.now += minutes * 60
    quotas.leave(caller, minutes * 60)


def _refusal(quotas, caller):
    with pytest.raises(UserError) as told:
        quotas.enter(caller)
    return str(told.value)


# -- sentences


def test_as_many_calls_as_a_visitor_may_have_at_once():
    quotas = Quotas(Limits(visitor_calls=2))
    ada = Caller(visitor="ada")
    quotas.enter(ada)
    quotas.enter(ada)
    told = _refusal(quotas, ada)
    assert told == "You have 2 calls running or waiting; wait for one to end or stop it."
    quotas.enter(Caller(visitor="bob"))
    quotas.leave(ada, 0.0)
    quotas.enter(ada)


def test_a_visitors_minutes_come_back_after_an_hour():
    clock = Clock()
    quotas = Quotas(Limits(visitor_minutes=30), clock)
    ada = Caller(visitor="ada")
    _spend(quotas, clock, ada, 20)
    clock.now += 28 * 60
    _spend(quotas, clock, ada, 10)
    told = _refusal(quotas, ada)
    assert told == (
        "You have used the 30 minutes of computing that a visitor has in an hour; "
        "come back in 22 minutes."
    )
    _spend(quotas, clock, Caller(visitor="bob"), 0.5)
    clock.now += 21 * 60
    _refusal(quotas, ada)
    clock.now += 60
    _spend(quotas, clock, ada, 1)


def test_a_running_call_counts_while_it_runs_and_a_waiting_one_does_not():
    clock = Clock()
    quotas = Quotas(Limits(visitor_calls=None, visitor_minutes=10), clock)
    ada = Caller(visitor="ada")
    quotas.enter(ada)
    clock.now += 20 * 60  # it waited that long, which costs nothing
    quotas.enter(ada)
    quotas.begin(ada)
    clock.now += 10 * 60
    assert "come back in 60 minutes" in _refusal(quotas, ada)
    quotas.leave(ada, 10 * 60)
    assert "come back in 60 minutes" in _refusal(quotas, ada)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"address_calls": 1}, "Your network address has 1 call running or waiting"),
        ({"all_calls": 1}, "This page has 1 call running or waiting"),
        ({"address_minutes": 1}, "Your network address has used the 1 minute of computing"),
        ({"all_minutes": 1}, "The 1 minute of computing that this page has"),
    ],
)
def test_what_others_use_counts_too(limits, words):
    clock = Clock()
    quotas = Quotas(Limits(**limits), clock)
    ada, bob = (Caller(visitor=name, address="192.0.2.7") for name in ("ada", "bob"))
    quotas.enter(ada)
    quotas.begin(ada)
    clock.now += 90
    told = _refusal(quotas, bob)
    assert told.startswith(words)
    assert "come back" in told


def test_a_user_is_one_visitor_in_every_window():
    quotas = Quotas(Limits(visitor_calls=1))
    quotas.enter(Caller(visitor="one", user="ada"))
    _refusal(quotas, Caller(visitor="two", user="ada"))
    quotas.enter(Caller(visitor="two", user="bob"))


def test_calls_of_the_host_itself_are_free():
    quotas = Quotas(Limits(visitor_calls=1, address_calls=1, all_calls=1))
    own = Caller()
    for _ in range(5):
        quotas.enter(own)
        quotas.begin(own)
    quotas.enter(Caller(visitor="ada", address="192.0.2.7"))
    for _ in range(5):
        quotas.leave(own, 100.0)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("testclient", "another", False),
    ],
)
def test_the_addresses_that_one_visitor_has_are_one(one, other, same):
    assert (counted_as(one) == counted_as(other)) is same


def test_what_is_remembered_does_not_grow():
    clock = Clock()
    limits = Limits(visitor_minutes=1, address_minutes=1, all_minutes=1e9)
    quotas = Quotas(limits, clock, remembered=200)
    busy = Caller(visitor="busy", address="192.0.2.7")
    quotas.enter(busy)
    for number in range(2_000):
        caller = Caller(visitor=str(number), address=f"2001:db8:{number:x}::1")
        _spend(quotas, clock, caller, 0.0001)
    assert len(quotas._uses) < 210
    quotas.leave(busy, 0.0)
    clock.now += 2 * HOUR
    last = Caller(visitor="last")
    quotas.enter(last)
    quotas.leave(last, 0.0)
    assert len(quotas._uses) <= 1
    assert not quotas._events


def test_threads_lose_no_call():
    quotas = Quotas(Limits(visitor_calls=None))

    def work(name):
        for _ in range(300):
            caller = Caller(visitor=name, address="192.0.2.7")
            quotas.enter(caller)
            quotas.begin(caller)
            quotas.leave(caller, 0.001)

    threads = [threading.Thread(target=work, args=(str(number % 3),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not quotas._uses and not quotas._events


# -- any order of calls


LIMITS = Limits(
    visitor_calls=2,
    visitor_minutes=20,
    address_calls=3,
    address_minutes=30,
    all_calls=4,
    all_minutes=45,
)


class AnyOrder(RuleBasedStateMachine):
    """Beside the quotas, a plain list of all that ever happened."""

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.quotas = Quotas(LIMITS, self.clock)
        self.open = []  # [caller, when it began or None]
        self.past = []  # (caller, when it ended, seconds)

    @rule(visitor=st.sampled_from("abc"), address=st.sampled_from(["192.0.2.1", "2001:db8::1"]))
    def enter(self, visitor, address):
        caller = Caller(visitor=visitor, address=address)
        over = [name for name in ("visitor", "address", "all") if self._over(name, caller)]
        try:
            self.quotas.enter(caller)
        except UserError as refused:
            assert over or self._nearly(caller), f"refused without a reason: {refused}"
            assert "come back" in str(refused) or "stop it" in str(refused)
        else:
            assert not over
            self.open.append([caller, None])

    def _same(self, name, one, other):
        return name == "all" or getattr(one, name) == getattr(other, name)

    def _over(self, name, caller, hour=HOUR):
        """Whether a limit is used up by what the last hour holds."""
        now = self.clock.now
        calls = [began for each, began in self.open if self._same(name, each, caller)]
        seconds = sum(now - began for began in calls if began is not None)
        seconds += sum(
            spent
            for each, ended, spent in self.past
            if self._same(name, each, caller) and now - ended < hour
        )
        most = getattr(LIMITS, f"{name}_minutes") * 60
        return len(calls) >= getattr(LIMITS, f"{name}_calls") or seconds >= most

    def _nearly(self, caller):
        """What ended up to a minute more than an hour ago may still count."""
        return any(self._over(name, caller, HOUR + 60) for name in ("visitor", "address", "all"))

    @precondition(lambda self: any(began is None for _, began in self.open))
    @rule(data=st.data())
    def begin(self, data):
        call = data.draw(st.sampled_from([each for each in self.open if each[1] is None]))
        call[1] = self.clock.now
        self.quotas.begin(call[0])

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def leave(self, data):
        call = data.draw(st.sampled_from(self.open))
        self.open.remove(call)
        caller, began = call
        seconds = 0.0 if began is None else self.clock.now - began
        self.quotas.leave(caller, seconds)
        self.past.append((caller, self.clock.now, seconds))

    @rule(seconds=st.sampled_from([0.5, 30, 61, 300, 1200, 3600]))
    def wait(self, seconds):
        self.clock.now += seconds

    @invariant()
    def nobody_has_more_calls_than_the_limit(self):
        for name in ("visitor", "address", "all"):
            for caller, _ in self.open:
                calls = [each for each, _ in self.open if self._same(name, each, caller)]
                assert len(calls) <= getattr(LIMITS, f"{name}_calls")

    def teardown(self):
        for caller, began in self.open:
            self.quotas.leave(caller, 0.0 if began is None else self.clock.now - began)
        self.clock.now += HOUR + 61
        caller = Caller(visitor="z", address="203.0.113.1")
        self.quotas.enter(caller)
        self.quotas.leave(caller, 0.0)
        assert not self.quotas._uses
        assert not self.quotas._events


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# -- the app


@pytest.fixture(scope="module")
def limited(start_app):
    return start_app(
        *("--plugin", str(PLUGIN), "--only", "demo"),
        *("--limit", "visitor_calls=2", "--limit", "visitor_minutes=0.1"),
        *("--limit", "address_calls=3"),
    )


def test_the_page_tells_who_has_too_much_running_and_serves_the_others(limited):
    ada, bob = limited.client(), limited.client()
    assert ada.predict(api_name="/demo_pid").isdigit()
    running = [ada.submit(1000, api_name="/demo_count") for _ in range(2)]
    end = time.monotonic() + 120
    begun = {Status.PROCESSING, Status.ITERATING}
    while not (
        any(job.outputs() for job in running) and {job.status().code for job in running} <= begun
    ):
        assert time.monotonic() < end
        time.sleep(0.02)
    time.sleep(1)  # one of them reaches the quotas, where it waits for the other
    with pytest.raises(AppError, match="You have 2 calls running or waiting"):
        ada.predict(api_name="/demo_pid")
    waiting = bob.submit(api_name="/demo_pid")
    ada.close()  # her page is closed: the worker is the next one's
    assert waiting.result(timeout=60).isdigit()
    bob.close()


def test_the_page_tells_who_has_computed_too_long_and_serves_the_others(limited):
    ada, bob = limited.client(), limited.client()
    assert ada.predict(125, api_name="/demo_count") == "ended at 124"  # 6.25 seconds and more
    with pytest.raises(AppError, match=r"used the 0\.1 minutes .* come back in \d+ minutes"):
        ada.predict(api_name="/demo_pid")
    assert bob.predict(api_name="/demo_pid").isdigit()


def test_another_address_in_a_header_is_no_other_address(limited):
    visitors = [
        Client(limited.url, headers={"X-Forwarded-For": f"203.0.113.{number}"}, verbose=False)
        for number in range(4)
    ]
    jobs = [each.submit(1000, api_name="/demo_count") for each in visitors[:3]]
    end = time.monotonic() + 120
    while not any(job.outputs() for job in jobs):
        assert time.monotonic() < end
        time.sleep(0.02)
    time.sleep(1)  # the others wait for that one
    with pytest.raises(AppError, match="Your network address has 3 calls running or waiting"):
        visitors[3].predict(api_name="/demo_pid")
    for each in visitors:
        each.close()
