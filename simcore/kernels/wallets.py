"""Plays wallet payments: limits per payment, day and balance, top-up and sweep, operators' books, offline payments.

The rules in the order in which they decide are written out in :mod:`simcore.wallets`.
"""

from __future__ import annotations

from numpy import int64

from fx.convert_kernel import mul_div_half_even
from simcore.accelerate import kernel
from simcore.kernels.constants import DONE, LOG_FULL, NEED_DEMAND, NEED_SLOTS, NEVER, NONE, OVERFLOW
from simcore.kernels.due import heap_pop, heap_push
from simcore.kernels.wallet_world import (
    CASH,
    DEPOSIT_SIDE,
    FEED_FINAL,
    FEED_POSITION,
    FETCH,
    FETCH_SUM,
    FETCHED,
    FREE,
    HEAP_SIZE,
    INTEREST,
    INTEREST_PAID,
    INTEREST_WALLET,
    NEXT_ID,
    NEXT_MIDNIGHT,
    NOW,
    ONLINE,
    PAYMENT,
    REGIME,
    REJECTED_BALANCE_LIMIT,
    REJECTED_BANK_RESERVE,
    REJECTED_DAY_LIMIT,
    REJECTED_DOUBLE_SPEND,
    REJECTED_INSUFFICIENT_FUNDS,
    REJECTED_OFFLINE_LIMIT,
    REJECTED_PAYMENT_LIMIT,
    ROWS,
    SETTLED,
    TOP_UP,
    UNBOUND,
    WITHDRAWAL,
)


@kernel
def pass_midnights(world, now):
    """Set today and tomorrow of every zone for an instant that is not before the last one."""
    earliest = int64(NEVER)
    for zone in range(world.zone_day.size):
        while world.zone_next[zone] <= now:
            world.zone_day[zone] += 1
            following = world.zone_day[zone] - world.first_day[zone] + 1
            if following < world.midnights.shape[1]:
                world.zone_next[zone] = world.midnights[zone, following]
            else:
                world.zone_next[zone] = NEVER
        earliest = min(earliest, world.zone_next[zone])
    world.state[NEXT_MIDNIGHT] = earliest


@kernel(forceinline=True)
def _begin_day(world, it):
    """Bring one wallet to today: nothing is spent yet, and the midnights since it last moved count for interest."""
    today = world.zone_day[it.zone]
    if it.day != today:
        it.balance_days += it.balance * (today - it.day)
        it.spent = 0
        it.day = today


@kernel(forceinline=True)
def _move_between(world, payer, payee, amount):
    """Move money between two operators: at once at the central bank, or into positions that net until the cycle."""
    if world.state[REGIME] == CASH:
        world.operators[payer].backing -= amount
        world.operators[payee].backing += amount
        world.operators[payer].moved += amount
    else:
        world.operators[payer].position -= amount
        world.operators[payee].position += amount


@kernel(forceinline=True)
def _exchange(world, it, amount):
    """Move ``amount`` from the bank account of a wallet into it, or back where it is negative."""
    it.deposit -= amount
    it.balance += amount
    bank, operator = world.operators[it.bank], world.operators[it.operator]
    bank.deposits -= amount
    operator.wallets += amount
    if world.state[REGIME] == CASH:
        bank.reserve -= amount
        operator.backing += amount
    else:  # where both are one bank, it owes the same under another name
        bank.position -= amount
        operator.position += amount


@kernel(forceinline=True)
def _decide(world, payer, payee, amount, offline):
    """Apply the rules to a payment that reaches the ledger and move the money; return (status, topped up, swept)."""
    debtor, creditor = world.wallets[payer], world.wallets[payee]
    _begin_day(world, debtor)
    _begin_day(world, creditor)
    limits = world.classes[debtor.wallet_class]
    nothing = int64(0)
    if amount > limits.payment:
        return int64(REJECTED_PAYMENT_LIMIT), nothing, nothing
    if debtor.spent > limits.day - amount:
        return int64(REJECTED_DAY_LIMIT), nothing, nothing
    above = max(creditor.balance - (world.classes[creditor.wallet_class].balance - amount), nothing)
    if above > 0 and creditor.bank == UNBOUND:
        return int64(REJECTED_BALANCE_LIMIT), nothing, nothing
    short = max(amount - debtor.balance, nothing)
    if short > 0:
        if offline:
            # The device saw this money when the payment was made: it has been spent a second time since.
            return int64(REJECTED_DOUBLE_SPEND), nothing, nothing
        if debtor.bank == UNBOUND or debtor.deposit < short or amount > limits.balance:
            return int64(REJECTED_INSUFFICIENT_FUNDS), nothing, nothing
        if world.state[REGIME] == CASH and world.operators[debtor.bank].reserve < short:
            return int64(REJECTED_BANK_RESERVE), nothing, nothing
        _exchange(world, debtor, short)
    debtor.balance -= amount
    debtor.spent += amount
    creditor.balance += amount
    if debtor.operator != creditor.operator:
        world.operators[debtor.operator].wallets -= amount
        world.operators[creditor.operator].wallets += amount
        _move_between(world, debtor.operator, creditor.operator, amount)
    if above > 0:
        _exchange(world, creditor, -above)
    return int64(SETTLED), short, above


@kernel(forceinline=True)
def _decide_exchange(world, payer, payee, amount):
    """Apply the rules to a top-up or a withdrawal and move the money; return the status."""
    it = world.wallets[payee if payer == DEPOSIT_SIDE else payer]
    _begin_day(world, it)
    if payer == DEPOSIT_SIDE:
        if it.balance > world.classes[it.wallet_class].balance - amount:
            return int64(REJECTED_BALANCE_LIMIT)
        if it.bank == UNBOUND or it.deposit < amount:
            return int64(REJECTED_INSUFFICIENT_FUNDS)
        if world.state[REGIME] == CASH and world.operators[it.bank].reserve < amount:
            return int64(REJECTED_BANK_RESERVE)
        _exchange(world, it, amount)
    else:
        if it.bank == UNBOUND or it.balance < amount:
            return int64(REJECTED_INSUFFICIENT_FUNDS)
        _exchange(world, it, -amount)
    return int64(SETTLED)


@kernel
def _push(world, payment_id, position):
    """Let an offline payment of the feed be posted later; a record must be free."""
    state, it = world.state, world.feed[position]
    slot = state[FREE]
    kept = world.pending[slot]
    state[FREE] = kept.next
    kept.due, kept.key = it.initiated_at + it.offline_us, payment_id
    kept.initiated_at, kept.amount = it.initiated_at, it.amount
    kept.payer, kept.payee, kept.flow = it.payer, it.payee, it.flow
    heap_push(state, world.pending, world.heap, slot)


@kernel
def pop_pending(world):
    """Take the offline payment that is posted first out of the heap and free its record; return the record's number."""
    first = heap_pop(world.state, world.heap)
    world.pending[first].next = world.state[FREE]
    world.state[FREE] = first
    return first


@kernel
def _post(world, row):
    """Post the offline payment that comes first and write it to the log."""
    it = world.pending[pop_pending(world)]
    world.wallets[it.payer].offline -= it.amount
    status, topped_up, swept = _decide(world, it.payer, it.payee, it.amount, True)
    written = world.log[row]
    written.payment_id, written.initiated_at, written.decided_at = it.key, it.initiated_at, it.due
    written.amount, written.topped_up, written.swept = it.amount, topped_up, swept
    written.payer, written.payee, written.status, written.offline = it.payer, it.payee, status, 1
    written.flow, written.kind = it.flow, PAYMENT


@kernel
def _make_offline(world, it):
    """What the payer's device checks when a payment is made offline; SETTLED means that it may be posted."""
    debtor = world.wallets[it.payer]
    limits = world.classes[debtor.wallet_class]
    if it.amount > limits.payment:
        return int64(REJECTED_PAYMENT_LIMIT)
    if debtor.offline > limits.offline - it.amount:
        return int64(REJECTED_OFFLINE_LIMIT)
    if debtor.balance - debtor.offline < it.amount:
        return int64(REJECTED_INSUFFICIENT_FUNDS)
    debtor.offline += it.amount
    return int64(SETTLED)


@kernel
def _fetch(world, position):
    """Read the wallets of the payments that come next, so that memory answers for all of them at once.

    Five million wallets lie outside the processor's cache. One after the other, each payment would wait twice.
    """
    last = min(position + FETCH, world.feed.size)
    read = int64(0)
    for k in range(position, last):
        it = world.feed[k]
        read ^= world.wallets[it.payer].day ^ world.wallets[it.payee].day
    world.state[FETCH_SUM] = read
    world.state[FETCHED] = last


@kernel
def play(world, until):
    """Play every wallet payment and every posting before ``until`` (microseconds UTC, exclusive).

    Parameters
    ----------
    world : WalletWorld     changed in place

    Returns
    -------
    int     DONE; LOG_FULL, NEED_DEMAND or NEED_SLOTS (no free record for an offline payment): see to it and call again

    Notes
    -----
    Order: by time; at one instant postings before new payments, each by payment_id. One pass, constant work for an
    online payment and O(log n) in the offline payments under way for the others. A day begins at its local midnight:
    what happens at that very instant belongs to the new day.
    """
    state, feed, log = world.state, world.feed, world.log
    while True:
        position, row = state[FEED_POSITION], state[ROWS]
        if position < feed.size:
            if position >= state[FETCHED]:
                _fetch(world, position)
            coming = feed[position].initiated_at
        elif state[FEED_FINAL] == 1:
            coming = int64(NEVER)
        else:
            return NEED_DEMAND
        posting = world.heap[0].due if state[HEAP_SIZE] > 0 else int64(NEVER)
        now = min(posting, coming)
        if now >= until:
            return DONE
        if row == log.size:
            return LOG_FULL
        if now >= state[NEXT_MIDNIGHT]:
            pass_midnights(world, now)
        state[NOW] = now
        if posting <= coming:
            _post(world, row)
            state[ROWS] = row + 1
            continue
        it = feed[position]
        topped_up = swept = int64(0)
        kind = PAYMENT
        if it.payer == DEPOSIT_SIDE or it.payee == DEPOSIT_SIDE:
            kind = TOP_UP if it.payer == DEPOSIT_SIDE else WITHDRAWAL
            status = _decide_exchange(world, it.payer, it.payee, it.amount)
        elif it.offline_us == ONLINE:
            status, topped_up, swept = _decide(world, it.payer, it.payee, it.amount, False)
        else:
            if state[FREE] == NONE:
                return NEED_SLOTS
            status = _make_offline(world, it)
            if status == SETTLED:
                _push(world, state[NEXT_ID], position)
                state[FEED_POSITION] = position + 1
                state[NEXT_ID] += 1
                continue
        written = log[row]
        written.payment_id, written.initiated_at, written.decided_at = state[NEXT_ID], now, now
        written.amount, written.topped_up, written.swept = it.amount, topped_up, swept
        written.payer, written.payee, written.status = it.payer, it.payee, status
        written.offline = 0 if it.offline_us == ONLINE else 1
        written.flow, written.kind = it.flow, kind
        state[ROWS] = row + 1
        state[FEED_POSITION] = position + 1
        state[NEXT_ID] += 1


@kernel
def begin_day_of_all(world):
    """Bring every wallet to today, so that its balance-days are whole."""
    for wallet in range(world.wallets.size):
        _begin_day(world, world.wallets[wallet])


@kernel
def pay_interest(world, rate_e9, days_of_year):
    """Pay what balances at midnight have earned and begin to count anew, from the wallet INTEREST_WALLET on.

    Parameters
    ----------
    rate_e9 : int         interest per year, billionths
    days_of_year : int    360 or 365

    Returns
    -------
    int     DONE; LOG_FULL: hand over the log and call again; OVERFLOW: interest beyond int64

    Notes
    -----
    Only operators that are banks pay. What would lift a wallet above its limit goes to its bank account; without one
    the balance-days are kept until they fit. Interest is new money that the operator owes, so no other operator moves.
    Each amount paid is a row of the log and counts in INTEREST_PAID.
    """
    state = world.state
    while state[INTEREST_WALLET] < world.wallets.size:
        wallet, row = state[INTEREST_WALLET], state[ROWS]
        if row == world.log.size:
            return LOG_FULL
        state[INTEREST_WALLET] += 1
        it = world.wallets[wallet]
        operator = world.operators[it.operator]
        if operator.is_bank == 0 or it.balance_days == 0:
            continue
        earned = int64(0)
        if rate_e9 > 0:
            earned = mul_div_half_even(it.balance_days, rate_e9, int64(days_of_year) * 1_000_000_000)
        if earned < 0:
            return OVERFLOW
        above = max(it.balance - (world.classes[it.wallet_class].balance - earned), int64(0))
        if above > 0 and it.bank == UNBOUND:
            continue
        it.balance_days = 0
        if earned == 0:
            continue
        it.balance += earned
        operator.wallets += earned
        operator.interest += earned
        state[INTEREST_PAID] += earned
        if above > 0:
            _exchange(world, it, -above)
        written = world.log[row]
        written.payment_id, written.initiated_at, written.decided_at = NONE, state[NOW], state[NOW]
        written.amount, written.topped_up, written.swept = earned, 0, above
        written.payer, written.payee, written.status, written.offline = DEPOSIT_SIDE, wallet, SETTLED, 0
        written.flow, written.kind = NONE, INTEREST
        state[ROWS] = row + 1
    return DONE


@kernel
def prove(world, wallets, deposits):
    """Sum balances and bank accounts by operator into the two arrays; return the first wallet beyond a limit, or -1."""
    broken = int64(NONE)
    for wallet in range(world.wallets.size):
        it = world.wallets[wallet]
        limits = world.classes[it.wallet_class]
        wallets[it.operator] += it.balance
        if it.bank != UNBOUND:
            deposits[it.bank] += it.deposit
        kept = (
            0 <= it.balance <= limits.balance
            and 0 <= it.spent <= limits.day
            and 0 <= it.offline <= limits.offline
            and it.deposit >= 0
        )
        if not kept and broken == NONE:
            broken = int64(wallet)
    return broken
