/* One RTGS rail with first-in-first-out queues: the loop of simcore/kernels/ for this one case, as a C programmer would
   write it. It does the same work per payment: the account's figures of the day, both log
   rows, a slot out of a free list for what must queue, and the cascade of releases that a credit causes. It is spared what the general loop must ask: which
   rail, which discipline, which queue rule, whether the rail is open, whether a hop follows.

   Rows have the layout of OBLIGATION_ROW and PAYMENT_ROW in simcore/kernels/world.py. */
#include <stdint.h>

enum { DONE = 0, LOG_FULL = 1, NEED_SLOTS = 3 };
enum { NONE = -1, SETTLED_GROSS = 1, ROWS_PER_STEP = 4 };

typedef struct {
    int64_t balance, debit_limit, reserved, minimum, maximum, debited, credited;
    int64_t queued_value, queued_count, queued_peak;
    int32_t head, tail, in_work;
} Account;

typedef struct {
    int64_t payment_id, amount, entered_at;
    int32_t debit, credit, next;
} Slot;

typedef struct {
    int64_t payment_id, amount, entered_at, settled_at, sequence;
    int32_t debit_account, credit_account, cycle_id, fx_id;
    int8_t hop, kind, status;
} ObligationRow;

typedef struct {
    int64_t payment_id, amount_received, fee, completed_at;
    int8_t status, hops;
} PaymentRow;

typedef struct {
    int64_t position, size, first_id, now, sequence, in_flight, overflowed;
    int64_t obligation_rows, payment_rows, log_size, work_first, work_size, work_room, free;
    const int64_t *time, *amount;
    const int32_t *debtor, *creditor;
    Account *accounts;
    Slot *slots;
    int32_t *work;
    ObligationRow *obligations;
    PaymentRow *payments;
} World;

int64_t account_size(void) { return sizeof(Account); }
int64_t slot_size(void) { return sizeof(Slot); }
int64_t obligation_size(void) { return sizeof(ObligationRow); }
int64_t payment_size(void) { return sizeof(PaymentRow); }

static inline int64_t available(const Account *a) { return a->balance + a->debit_limit - a->reserved; }

static inline void enqueue(World *w, Account *payer, int32_t slot)
{
    w->slots[slot].next = NONE;
    if (payer->head == NONE)
        payer->head = slot;
    else
        w->slots[payer->tail].next = slot;
    payer->tail = slot;
    payer->queued_count += 1;
    payer->queued_value += w->slots[slot].amount;
    if (payer->queued_value > payer->queued_peak)
        payer->queued_peak = payer->queued_value;
}

/* The next queued slot that a credit lets go, NONE when every queue is at rest. */
static inline int32_t next_release(World *w)
{
    while (w->work_size > 0) {
        Account *payer = &w->accounts[w->work[w->work_first]];
        int32_t slot = payer->head;
        if (slot != NONE && w->slots[slot].amount <= available(payer)) {
            payer->head = w->slots[slot].next;
            if (payer->head == NONE)
                payer->tail = NONE;
            payer->queued_count -= 1;
            payer->queued_value -= w->slots[slot].amount;
            return slot;
        }
        payer->in_work = 0;
        if (++w->work_first == w->work_room)
            w->work_first = 0;
        w->work_size -= 1;
    }
    return NONE;
}

/* Move the money, note the credit and write both rows. */
static inline void settle(World *w, int64_t id, int32_t debit, int32_t credit, int64_t amount, int64_t entered)
{
    Account *payer = &w->accounts[debit], *payee = &w->accounts[credit];
    payer->balance -= amount;
    if (payer->balance < payer->minimum)
        payer->minimum = payer->balance;
    payer->debited += amount;
    payee->balance += amount;
    if (payee->balance > payee->maximum)
        payee->maximum = payee->balance;
    payee->credited += amount;
    if (payer->debited < 0 || payee->credited < 0)
        w->overflowed = 1;
    if (payee->head != NONE && payee->in_work == 0 &&
        (w->work_size > 0 || w->slots[payee->head].amount <= available(payee))) {
        int64_t at = w->work_first + w->work_size;
        payee->in_work = 1;
        if (at >= w->work_room)
            at -= w->work_room;
        w->work[at] = credit;
        w->work_size += 1;
    }
    ObligationRow *o = &w->obligations[w->obligation_rows++];
    o->payment_id = id;
    o->amount = amount;
    o->entered_at = entered;
    o->settled_at = w->now;
    o->sequence = w->sequence++;
    o->debit_account = debit;
    o->credit_account = credit;
    o->cycle_id = NONE;
    o->fx_id = NONE;
    o->hop = 0;
    o->kind = 0;
    o->status = SETTLED_GROSS;
    PaymentRow *p = &w->payments[w->payment_rows++];
    p->payment_id = id;
    p->amount_received = amount;
    p->fee = 0;
    p->completed_at = w->now;
    p->status = SETTLED_GROSS;
    p->hops = 1;
}

/* Process the batch; come back early when a log or the slots are full. Calling again goes on where it stopped. */
int64_t advance(World *w)
{
    const int64_t room = w->log_size - ROWS_PER_STEP;
    for (;;) {
        if (w->obligation_rows > room || w->payment_rows > room)
            return LOG_FULL;
        if (w->work_size > 0) {
            int32_t slot = next_release(w);
            if (slot == NONE)
                continue;
            Slot *it = &w->slots[slot];
            settle(w, it->payment_id, it->debit, it->credit, it->amount, it->entered_at);
            it->next = (int32_t)w->free;
            w->free = slot;
            w->in_flight -= 1;
            continue;
        }
        int64_t at = w->position;
        if (at == w->size)
            return DONE;
        w->now = w->time[at];
        Account *payer = &w->accounts[w->debtor[at]];
        if (payer->head == NONE && w->amount[at] <= available(payer)) {
            w->position = at + 1;
            settle(w, w->first_id + at, w->debtor[at], w->creditor[at], w->amount[at], w->now);
            continue;
        }
        if (w->free == NONE)
            return NEED_SLOTS;
        w->position = at + 1;
        int32_t slot = (int32_t)w->free;
        Slot *it = &w->slots[slot];
        w->free = it->next;
        w->in_flight += 1;
        it->payment_id = w->first_id + at;
        it->debit = w->debtor[at];
        it->credit = w->creditor[at];
        it->amount = w->amount[at];
        it->entered_at = w->now;
        enqueue(w, payer, slot);
    }
}
