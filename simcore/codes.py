"""What each fault code means and how to mend it; ``luhai explain CODE`` prints this."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """One code of a fault."""

    title: str
    """A few words."""
    text: str
    """What it means and how to mend it."""
    example: str = ""
    """TOML or a command that is right, where one helps."""


_FILES = {
    "LH001": Code(
        "scenario not found",
        "The command was given neither a TOML file, nor a folder that holds a scenario.toml, nor the name of "
        "a catalogue entry. `luhai list` shows the catalogue; `luhai new NAME` makes a copy to edit.",
        "luhai run chongqing-singapore\nluhai run my-corridor/scenario.toml",
    ),
    "LH002": Code(
        "a file that can't be read as text",
        "The file is missing, is no regular file, may not be read, is larger than 64 MB, holds a NUL, or is "
        "not UTF-8. Save it again as UTF-8 text, or mend its permissions.",
    ),
    "LH003": Code(
        "not TOML",
        "The text breaks a rule of TOML at the place named. Text and names with other letters than A-Z a-z "
        "0-9 _ - stand in quotes; a value ends with its line unless it is an array or a text in triple "
        "quotes; tables may nest 32 levels deep.",
        '[rails."MEPS+"]\ncurrency = "SGD"',
    ),
    "LH004": Code(
        "a key given twice",
        "TOML takes each key and each table header once. Remove one of the two, or give one another name.",
    ),
    "LH005": Code(
        "extends something that isn't there",
        "`extends` names one TOML file, relative to the file it stands in, or one catalogue entry.",
        'extends = "base.toml"\nextends = "fifo-day"',
    ),
    "LH006": Code(
        "files that extend each other in a circle",
        "Following `extends` came back to a file already read. Take `extends` out of one of the files named.",
    ),
    "LH007": Code(
        "a file outside the scenario's folder",
        "A scenario may read files in its own folder, below it, and in the catalogue, with links followed, so "
        "that a file somebody sent can't read others of yours. Copy the file beside the scenario.",
    ),
    "LH008": Code(
        "a --set that leads nowhere",
        "`--set PATH=VALUE` takes the key paths of the file: names joined by dots, quoted where they hold a "
        "dot; positions in arrays count from 0. It replaces one value and doesn't invent participants, rails, "
        "routes or flows.",
        'luhai run fifo-day --set scenario.days=2 --set "routes.direct.hops.0.latency=5 s"',
    ),
    "LH009": Code(
        "remove names nothing",
        "`remove` lists key paths of entries that the extended file has.",
        'extends = "base.toml"\nremove = ["participants.B07", "accounts.RTGS.B07"]',
    ),
}

_TYPES = {
    "LH010": Code(
        "unknown key",
        "The table doesn't have this key. Keys are checked so that a slip can't leave a default in force "
        "unnoticed. `luhai schema` writes a JSON Schema with which an editor completes them.",
    ),
    "LH011": Code(
        "a missing key",
        "The table needs this key; it has no default.",
    ),
    "LH012": Code(
        "a wrong type of value",
        "The key holds another kind of value than it should: text stands in quotes, numbers, dates and truth "
        "values do not, arrays stand in [ ], tables in { } or under a header.",
        'name = "Bank 01"\ndays = 5\nstart = 2026-03-02',
    ),
    "LH013": Code(
        "not one of the choices",
        "The key takes one of a few words, which the message lists.",
    ),
    "LH014": Code(
        "an amount that can't be read",
        "An amount is text: a decimal number, perhaps a scale (k, mn, bn, tn, 万, 亿), and a currency. It must "
        "be whole in the currency's smallest unit: CNY has two decimals, JPY and VND none. A bare m is "
        "refused because it is read as thousand and as million.",
        'opening = "1.5 bn CNY"\nopening = "1,000.50 SGD"',
    ),
    "LH015": Code(
        "a duration, time or rate that can't be read",
        "Durations carry a unit (us, ms, s, min, h, d), clock times are local HH:MM, with -1 or +1 for the "
        "day before or after, spreads carry bp, and shares are percentages or fractions of one.",
        'latency = "90 s"\nopen = "20:30-1"\nhalf_spread = "2.5 bp"\nroutes = { cips = "60 %", usd = "40 %" }',
    ),
    "LH016": Code(
        "a number out of range",
        "The number has the right form but not a possible value; the message says which.",
    ),
    "LH017": Code(
        "a name that can't be used",
        "Names appear in tables, pictures and folders, so they can't be empty, hold control characters or "
        "blanks around them, or be one of the roles debtor, creditor and agent.",
    ),
    "LH018": Code(
        "unknown kind",
        "Rails and flows say by `kind` what they are, and each kind has keys of its own.",
        '[rails.HVPS]\nkind = "rtgs"\n\n[flows.goods]\nkind = "trade"',
    ),
}

_REFERENCES = {
    "LH020": Code(
        "unknown participant",
        "A participant is named that [participants] doesn't have. In routes, a role may also be debtor, "
        "creditor, agent.CUR (the debtor's agent for a currency) or creditor.agent.CUR.",
    ),
    "LH021": Code(
        "unknown rail",
        "A rail is named that [rails] doesn't have.",
    ),
    "LH022": Code(
        "unknown route",
        "A route is named that [routes] doesn't have, or a flow names no way to go, or two.",
    ),
    "LH023": Code(
        "unknown corridor",
        "A flow names a corridor that [corridors] doesn't have.",
    ),
    "LH024": Code(
        "unknown currency",
        "Currencies are ISO 4217 codes in capitals, such as CNY, SGD, THB.",
    ),
    "LH025": Code(
        "unknown calendar or zone",
        "Calendars are those of the package, named by country (CN, SG, …), TARGET, or ALL, which never "
        "closes; zones are IANA names. A rail corrects its calendar with add_open and add_closed.",
    ),
    "LH026": Code(
        "unknown agent or pair",
        "A route asks for somebody's agent in a currency which that participant doesn't have, or a dealer "
        "quotes a pair that [fx.pairs] doesn't have.",
        '[participants.BANK-A]\nagents = { USD = "BANK-B" }',
    ),
    "LH027": Code(
        "a source of something that isn't there",
        "[sources] says where numbers come from, by key path. The path must lead to something in the scenario.",
        '[sources."rails.CIPS.sessions"]\nstatus = "published"\nsource = "https://…"',
    ),
    "LH030": Code(
        "a data file that isn't there",
        "The file is looked for in the folder of the scenario file that names it.",
    ),
    "LH031": Code(
        "a table of accounts of the wrong form",
        "The CSV has a header with rail, participant, currency, opening, debit_limit, and optionally "
        "reserved, funding, collateral, haircut, funded_by, settled_by; every row has as many fields.",
        "rail,participant,currency,opening,debit_limit\nRTGS,B01,CNY,120000000.00,0",
    ),
    "LH032": Code(
        "an account given twice",
        "The table of accounts has two rows for one participant on one rail.",
    ),
}

_RULES = {
    "LH040": Code(
        "an amount in another currency than the rail's",
        "Every account of a rail is in the rail's one currency. Money in another currency is an account on "
        "another rail.",
    ),
    "LH041": Code(
        "an account opened below its limit",
        "An account may go as far below zero as its debit limit, and none means zero, so it can't begin lower.",
        'opening = "-5 mn CNY"\ndebit_limit = "10 mn CNY"',
    ),
    "LH042": Code(
        "a negative limit, reserve or funding",
        "These are sizes: write them without a sign.",
    ),
    "LH043": Code(
        "hops that don't join",
        "A payment's money moves hop by hop: the first begins with the debtor, each begins with whom the one "
        "before ended, the last ends with the creditor. Where roles are agents, this must hold for every pair "
        "of debtor and creditor that a flow can produce; the message names a pair for which it doesn't.",
        "hops = [\n"
        '  { rail = "BOOKS", from = "debtor", to = "BANK-B" },\n'
        '  { rail = "RTGS", from = "BANK-B", to = "creditor" },\n'
        "]",
    ),
    "LH044": Code(
        "a change of currency without a dealer",
        "Where two neighbouring hops are on rails of different currencies, the participant between them "
        "converts, so it must be a dealer that quotes the pair.",
        '[fx.dealers.BANK-FX]\npairs = ["USD/CNY"]',
    ),
    "LH045": Code(
        "a missing account",
        "A payment of the flow would need an account that the scenario doesn't open.",
    ),
    "LH046": Code(
        "somebody paying themselves",
        "Two different participants are needed at the two ends.",
    ),
    "LH047": Code(
        "shares that don't sum to one",
        "The shares of a corridor's routes must sum to exactly 1, that is 100 %; nothing is scaled behind your back.",
        'routes = { cips = "60 %", usd = "40 %" }',
    ),
    "LH048": Code(
        "hours that never open",
        "During the run the rail never opens for payments: the days of the run are all closed days, or no "
        'session applies to them. Sessions with only = "funding" take no payments.',
    ),
    "LH049": Code(
        "impossible hours",
        "A session closes before it opens, has its cut-off outside, overlaps another, or uses a clock time "
        "that the zone skips or has twice. An opening on the evening before is written with -1, a closing on "
        "the morning after with +1.",
        'sessions = [{ open = "20:30-1", close = "17:15" }]',
    ),
    "LH050": Code(
        "a funded rail without what it stands on",
        "A rail of kind cips is funded from another rail in the same currency through its operator, who has "
        "accounts on both: a pooled one there, and one here that is unlimited because it issues the money of "
        "this rail.",
        '[accounts.CIPS.CIPS-CO]\nopening = "0 CNY"\ndebit_limit = "unlimited"',
    ),
    "LH051": Code(
        "an account that can't be funded",
        "Accounts on a rail of kind cips are filled and swept through an account on the funding rail: the "
        "holder's own, or that of the participant named by funded_by.",
        'funding = "500 mn CNY"\nfunded_by = "ICBC"',
    ),
    "LH052": Code(
        "cycles that can't run",
        "Cycles of a deferred net rail run at times at which the rail is open.",
    ),
    "LH053": Code(
        "amounts that could overflow",
        "Balances are 64-bit counts of the smallest unit. The openings and limits of one rail together must "
        "stay below 2^62, so that no sum can ever overflow.",
    ),
    "LH054": Code(
        "a run outside the calendar",
        "The business days of the run are not in the frozen table of the calendar. Choose other dates.",
    ),
    "LH055": Code(
        "no exchange rate",
        "A pair needs a mid rate for the whole run: from the frozen table of ECB reference rates, a constant, "
        "or a file of your own. The ECB quotes neither VND, BND, KHR, LAK nor MMK; anchored holds them against a "
        "currency that it does quote, which is an assumption.",
        '[fx.pairs."USD/VND"]\nsource = "anchored"\nhalf_spread = "30 bp"',
    ),
    "LH056": Code(
        "a currency pair of the wrong form",
        "Pairs are named once, as SOURCE/TARGET: target units for one source.",
    ),
    "LH057": Code(
        "a latency that isn't one distribution",
        "A drawn latency is exactly one of lognormal, exponential and uniform, perhaps cut by least and most.",
        'latency = { lognormal = { median = "1.9 h", sigma = 1.74 }, most = "5 d" }',
    ),
    "LH058": Code(
        "a mechanism without a time to run at",
        "A liquidity-saving mechanism runs at a distance from each opening, at given times, or, where it can, for each "
        "obligation that arrives and can't settle.",
        'mechanisms = [{ use = "gridlock_resolution", every = "5 min" }]',
    ),
    "LH059": Code(
        "a mechanism that the rail's queue rule forbids",
        "In a fifo or priority queue only the first obligation of an account may go, so a mechanism that picks from the"
        ' middle needs queue = "bypass".',
    ),
}

_DEMAND = {
    "LH060": Code(
        "a column is missing from a file of payments",
        "A replayed file has the columns reference, initiated_at, debtor, creditor, amount (or amount_minor), "
        "currency, and optionally route, priority, purpose, latest.",
    ),
    "LH061": Code(
        "an unknown account or participant in a row",
        "The row names somebody who has no account on the route.",
    ),
    "LH062": Code(
        "a date that can't be read",
        "initiated_at is RFC 3339 with an offset (2026-03-02T09:00:00+08:00), or whole microseconds since 1970 UTC.",
    ),
    "LH063": Code(
        "a reference used twice",
        "The reference is the file's own unique name of a payment.",
    ),
    "LH064": Code(
        "rows that aren't sorted",
        "Rows must stand in the order of initiated_at, because files are streamed.",
    ),
    "LH065": Code(
        "a truncated or unreadable file of payments",
        "The file is not what its ending says (.csv, .parquet, .arrow), was cut off, or changed while it was read.",
    ),
    "LH066": Code(
        "nothing to simulate",
        "A flow makes no payment, or a table that needs entries is empty: no weight above zero, nobody to "
        "pay, no payment a day, no business day, no row.",
    ),
    "LH067": Code(
        "an amount that can't be paid",
        "Amounts of payments are above zero, whole in the currency's smallest unit, and fit 64 bits.",
    ),
    "LH068": Code(
        "a payment in another currency than its route's",
        "A payment is sent in the currency of its first hop.",
    ),
    "LH069": Code(
        "a row that can't be used",
        "The row has another fault, which the message names.",
    ),
}

_RUNS = {
    "LH070": Code(
        "an output directory that is already there",
        "Choose another --out, or --replace to replace the run that is there.",
    ),
    "LH071": Code(
        "something that isn't a run would be replaced",
        "--replace replaces a run of Luhai and nothing else. Choose another --out, or take away what stands there.",
    ),
    "LH072": Code(
        "an output directory that can't be written",
        "The message says why: rights, a read-only place, a file where a folder should be. Nothing was left behind.",
    ),
    "LH073": Code(
        "the disk is full",
        "The tables didn't fit. What had been written was taken away; free some room or choose another --out.",
    ),
    "LH074": Code(
        "two runs into one directory",
        "This process is already writing that directory. Give each run its own --out.",
    ),
    "LH080": Code(
        "no run directory",
        "The directory holds no run document (manifest.json) of Luhai.",
    ),
    "LH081": Code(
        "a run of another version",
        "The tables were written with another schema; run the scenario again.",
    ),
    "LH082": Code(
        "a table of a run is missing",
        "The run document names a file that isn't there.",
    ),
    "LH083": Code(
        "a table of another length",
        "The file was cut off or added to since it was written.",
    ),
    "LH084": Code(
        "a table that was changed",
        "The file's SHA-256 is not the one in the run document.",
    ),
    "LH085": Code(
        "a table that is no Arrow file",
        "The file can't be opened or has another number of rows than was written.",
    ),
    "LH086": Code(
        "a run document that was edited",
        "The document's own digest doesn't match its contents.",
    ),
    "LH087": Code(
        "a run whose data files are gone",
        "Running again needs the files that the run replayed. Put the scenario's folder back where it was.",
    ),
    "LH088": Code(
        "runs that can't be paired",
        "`luhai compare` compares payment by payment, so every run must have had the same payments to make: as many, "
        "with the same times, amounts, debtors and creditors. Run the scenarios with the same seed, flows and days.",
        "luhai run fifo-day --seed 65 --out runs/fifo\n"
        "luhai run fifo-day --seed 65 --out runs/bypass --set rails.RTGS.queue=bypass\n"
        "luhai compare runs/fifo runs/bypass",
    ),
    "LH090": Code(
        "an amount overflowed while running",
        "An amount or a sum of amounts left 64 bits; the run was stopped.",
    ),
}

_NETTING = {
    "LH100": Code(
        "an algorithm that isn't there",
        "The name is none of the registered mechanisms and ways of clearing. `luhai net --list` shows them with their "
        "parameters.",
        "luhai net queue.csv --algorithm gridlock_resolution",
    ),
    "LH101": Code(
        "a column is missing from a table for luhai net",
        "Obligations have the columns id, debtor, creditor, currency and amount (or amount_minor), optionally priority "
        "and entered_at. Balances have participant, currency and opening (or opening_minor), optionally debit_limit "
        "(or debit_limit_minor). Limits have participant, towards, currency and limit (or limit_minor).",
    ),
    "LH102": Code(
        "a row of a table for luhai net that can't be used",
        "A name or id is empty or stands there twice, or a participant has no row in the balances. If there is a file "
        "of balances, everybody who owes or is owed must be in it for at least one currency, so that a slip in a name "
        "can't become a participant without money; in the other currencies they open with 0. Without such a file "
        "everybody opens with 0.",
    ),
    "LH103": Code(
        "a parameter that an algorithm can't take",
        "The algorithm has no parameter of that name, or the value is not one it may have. `luhai net --list` shows "
        "parameters, their defaults and what they mean.",
        "luhai net queue.csv --algorithm bilateral_offset --set rule=best --set most=6",
    ),
    "LH104": Code(
        "a table whose sum could overflow",
        "Amounts are 64-bit counts of the smallest unit. All obligations of one currency together, and all openings "
        "and limits together, must stay below 2^62. Split the table.",
    ),
    "LH105": Code(
        "a library that isn't installed",
        "Some algorithms and bounds are left to well-kept solvers, scipy's HiGHS and OR-tools; Excel and Stata files "
        "to xlsxwriter and pandas. None of them is installed unless it is asked for.",
        "pip install 'luhai[netting]'\npip install 'luhai[export]'",
    ),
    "LH110": Code(
        "terms of a queue that don't go together",
        "A level from which on the queue is bypassed goes with a priority queue; urgent classes and release against "
        "receipts with a queue that knows priorities, and without an offset at entry; accounts hold something back for "
        "urgent obligations only where the rail has such classes; a smallest part is in the rail's currency and "
        "stands beside the distance between splits; the end of the day can be forced only with a lender whose account "
        "on the rail is unlimited.",
        'queue = "priority"\nbypass_above = 50\nurgent = 2\nrelease = "receipts"\nreceipts_window = "1 h"',
    ),
}

_ANALYSIS = {
    "LH111": Code(
        "several runs for a picture of one",
        "Most pictures show one run. Draw each run by itself; `liquidity_delay` takes several runs of the same "
        "payments.",
        "luhai plot runs/fifo runs/bypass liquidity_delay",
    ),
}

_CREDIT = {
    "LH112": Code(
        "intraday credit that can't be given",
        "An RTGS gives intraday credit through its lender, a participant whose account on the rail is unlimited. Only "
        "a repo is drawn on demand, and then it needs the distance between drawings; an overdraft is drawn by the "
        "payment that needs it. A haircut is a share of collateral's value.",
        '[rails.MEPS]\nlender = "MAS"\nintraday_credit = { form = "repo", haircut = "5 %", draw = "on_demand", '
        'draw_every = "5 min" }',
    ),
    "LH113": Code(
        "collateral for nothing",
        "Accounts pledge collateral for intraday credit, so it stands on a rail of kind rtgs that gives some, and on "
        "accounts with a limit. Credit that nobody has pledged anything for would never be used.",
        '[accounts.MEPS]\nDBS = { opening = "20 mn SGD", collateral = "100 mn SGD", haircut = "3 %" }',
    ),
    "LH114": Code(
        "a price of credit that can't be charged",
        'A rate is from 0 to 10,000 bp, for a year of 360 or 365 days or, with charged = "amount", once on the day\'s '
        "highest use. An overdraft is looked at every second at most.",
        'intraday_credit = { form = "overdraft", rate = "50 bp", measured_every = "1 min" }',
    ),
}

_EXPORT = {
    "LH115": Code(
        "more than a file format holds",
        "A sheet of Excel holds 1,048,575 rows below its head, and a cell 32,767 characters. Choose Parquet or CSV, or "
        "only the shorter tables.",
        "luhai export runs/week --format parquet\nluhai export runs/week --format xlsx --table accounts",
    ),
    "LH116": Code(
        "files of an export that are already there",
        "Nothing is written over unless it is asked for. Choose another --out, or --replace.",
        "luhai export runs/week --format csv --out week --replace",
    ),
    "LH117": Code(
        "a cut-off of a hop that can't be",
        "A hop's cut-off is a time of the business day, by the calendar of its rail or by the one named beside it. "
        "What comes later waits for the next business day: until `opens`, which is before the cut-off, or until the "
        "rail opens. Between two hops on one ledger nothing can wait.",
        'hops = [\n  { rail = "MEPS+", from = "agent.SGD", to = "creditor", opens = "09:00", cut_off = "14:00" },\n]',
    ),
    "LH118": Code(
        "batches that can't run",
        "Batches of a gross rail run at times at which it is open, and at every closing. An amount below which "
        "obligations are collected is in the rail's currency, priorities are from 0 to 9. Something has to take the "
        "batches: by the rail's terms, or by a hop that says so. What a batch leaves at the end of the day is returned "
        "or kept, never forced.",
        'batches = { every = "1 h", below = "1 mn CNY", when_short = "partial_unwind" }',
    ),
    "LH119": Code(
        "a service that a rail doesn't have",
        "A hop says whether its obligations settle in batches or one by one where its rail is a gross one that has "
        "both.",
        'hops = [{ rail = "CIPS", from = "debtor", to = "creditor", service = "batch" }]',
    ),
    "LH120": Code(
        "a run document with a scenario that can't be read",
        "`luhai report` shows the scenario as this version of Luhai understands it. The run document is the one that "
        "was written, but it holds no scenario, or one with keys or values that this version doesn't know. Use the "
        "version that made the run, or run the scenario again.",
    ),
}

_MARKET = {
    "LH123": Code(
        "a path of rates without its pairs",
        "A simulated rate is drawn by exactly one path of [fx.paths], and a path draws pairs of [fx.pairs] whose "
        'source is "simulated".',
        '[fx.pairs."USD/CNY"]\nsource = "simulated"\nhalf_spread = "2 bp"\n\n[fx.paths.dollar]\nkind = "gbm"\n'
        'step = "1 min"\npairs = { "USD/CNY" = { volatility = "4 %" } }',
    ),
    "LH124": Code(
        "not a correlation matrix",
        "It has a row and a column for each pair of the path, in their order: 1 on the diagonal, the same number above "
        "and below it, each from -1 to 1, and no negative eigenvalue, which means that the correlations don't "
        "contradict each other. The message shows the nearest matrix that may be used (Higham, 2002).",
        "correlation = [[1, 0.34], [0.34, 1]]",
    ),
    "LH125": Code(
        "a path of rates that can't be drawn",
        "Steps are at least a second and no more than memory holds; volatility, drift and jumps have sizes a rate can "
        "have; a bootstrap draws blocks from a published history that is at least as long as one of them.",
        '[fx.paths.asia]\nkind = "block_bootstrap"\npairs = ["USD/CNY", "SGD/CNY"]\nblock = 20',
    ),
    "LH126": Code(
        "market hours that can't be",
        "[fx.hours] says by name when markets are open: business days of a calendar, or Monday to Friday, and sessions "
        "that open at least once in the run, one after another. A closing after midnight is written with +1.",
        '[fx.hours.onshore]\ncalendar = "CN"\nsessions = [{ open = "09:30", close = "03:00+1" }]',
    ),
    "LH127": Code(
        "terms of quoting that don't go together",
        "What happens when a market is closed needs the hours of one, and a spread for closed hours an exchange at the "
        "last quote. Spreads change by local hours of two digits, a volatility above zero, sizes that rise. A value "
        "date needs a calendar of each of the two currencies.",
        'hours = "onshore"\nwhen_closed = "last_quote"\nclosed_half_spread = "20 bp"\nspread_by_hour = { 17 = 1.5 }',
    ),
    "LH128": Code(
        "a dealer's position or refill that can't be kept",
        "A limit of a dealer's position is an amount above zero in a currency of its pairs. A refill moves money "
        "between two accounts of one rail at times at which it is open; where it is bought, the other side is a dealer "
        "who quotes the two currencies, and both have accounts on the rail on which it is paid for.",
        '[fx.dealers.FX]\npairs = ["SGD/CNY"]\nposition = { limits = { SGD = "10 mn SGD" } }\n'
        'refills = [{ rail = "MEPS+", to = "5 mn SGD", from = "FX-PARENT", times = ["09:30"] }]',
    ),
    "LH129": Code(
        "a simulated rate beyond what can be held",
        "Rates are kept to 12 significant digits as fractions of two 64-bit integers. A path whose volatility or drift "
        "is too large for the length of the run leaves that range.",
    ),
    "LH130": Code(
        "fees or screening that don't fit",
        "The fee of a hop is in the currency of its rail and isn't taken where money is exchanged; charges OUR go with "
        "fixed fees in the currency of the first hop; shares held and rejected by screening lie between 0 and 1.",
        'fee = { fixed = "20 USD", share = "1 bp", most = "100 USD" }\n'
        'screening = { hold_share = "5 %", hold = { exponential = { mean = "6 h" } }, reject_share = "0.1 %" }',
    ),
    "LH131": Code(
        "a choice of routes that lacks something",
        "Routes chosen by logit need a scale above zero, and may have a value of time; where shares are given there is "
        "nothing to choose by them.",
        'choice = "logit"\ntime_value = "1 bp"\nscale = "5 bp"',
    ),
    "LH132": Code(
        "bounds of a rail's amounts that leave none",
        "The least and the most amount that a rail takes are above zero and in its currency, and the least isn't above "
        "the most.",
        'least_amount = "10000 MYR"\nmost_amount = "1 bn MYR"',
    ),
}

_WALLETS_OF_SCENARIOS = {
    "LH133": Code(
        "wallets that nobody can keep",
        "Every kind of holders in [wallets.ID] has at least one wallet, of a class and with an operator of that "
        "system, lives in a country with a calendar, and is bound to accounts with an operator that is a bank, or to "
        "none. All money in wallets and on bank accounts, times the days of the run, stays below 2^62 minor units.",
        '[wallets.e-cny.holders.residents]\ncount = 100_000\noperator = "CCB"\nclass = "verified"\ncountry = "CN"\n'
        'bank = "CCB"\nbalance = "300 CNY"\ndeposit = "5 k CNY"',
    ),
    "LH134": Code(
        "a flow between wallets that can't be",
        "A payment goes from holders to holders; a top-up has payees only, a withdrawal payers only, with bank "
        "accounts. Some hour has a weight. Payments made offline need a time after "
        "which they are posted and a class with a cap on them.",
        '[wallets.e-cny.flows.shops]\nkind = "payment"\npayers = { residents = 1 }\npayees = { shops = 1 }\n'
        'per_day = 50_000\namount = { median = "45 CNY", sigma = 1.1 }\ncalendar = "CN"\n'
        "profile = { 08 = 2, 12 = 5, 18 = 6 }\nweekdays = { Sat = 1.2, Sun = 1.2 }\nholiday = 1.5",
    ),
    "LH135": Code(
        "operators of wallets that can't settle",
        "The rail of [wallets.ID] settles the currency of the wallets. The issuer and each operator that is a bank "
        "have an account on it; the issuer is no operator. Under the cash regime a bank may have a stock.",
        '[wallets.e-cny]\ncurrency = "CNY"\nrail = "HVPS"\nissuer = "PBOC"\n\n'
        "[wallets.e-cny.operators]\nCCB = {}\nALIPAY = { bank = false }",
    ),
    "LH136": Code(
        "times of wallets that can't be",
        "Under the deposit regime positions between operators settle at times at which the rail is open, or at a "
        "distance from its openings. Interest is paid on days within the run and has a rate.",
        'settle_at = ["10:00", "16:30"]\ninterest = "5 bp"\ninterest_on = [2026-06-21]',
    ),
}

_PVP = {
    "LH137": Code(
        "a link for payment versus payment that can't be",
        "A link joins two gross rails in two currencies, and looks at the pairs it holds at a distance above zero.",
        '[pvp.CHATS]\nkind = "link"\nrails = ["USD-CHATS", "BAHTNET"]\nevery = "1 min"',
    ),
    "LH138": Code(
        "a pair whose legs don't match",
        "The hop that names an entry of [pvp] and the hop after it are the two legs of an exchange: on the two rails "
        "that the entry joins, each in one pair only. The second is the route's last or between participants named, so "
        "that it never falls away. Both are final at one instant, so nothing may lie between them: no latency, no "
        "screening, no later value date.",
        'hops = [\n  { rail = "USD-CHATS", from = "debtor", to = "FX", latency = "5 min", pvp = "CHATS" },\n'
        '  { rail = "BAHTNET", from = "FX", to = "creditor" },\n]',
    ),
    "LH139": Code(
        "a link whose rails are never open together",
        "A link settles a pair only while both of its rails take obligations, which ends at a cut-off. In this run "
        "they never do at the same time, so every pair would be returned.",
        'sessions = [{ open = "08:30", close = "18:30" }]',
    ),
    "LH140": Code(
        "lock times in the wrong order",
        "Of two hash-time locks the second has to end before the first, by more than the margin that the responder "
        "asks for. Otherwise who knows the secret could claim when the other can no longer.",
        'first_lock = "4 h"\nsecond_lock = "2 h"\nmargin = "30 min"',
    ),
}

_INSTANT_LINKS = {
    "LH141": Code(
        "a link between instant payment systems that can't be",
        "The routes of a link have two hops or more, on instant rails that reject or return what arrives closed, and "
        "begin on the same rail; no route belongs to two links. So every payment is credited or reversed at once.",
        '[instant_links.paynow-promptpay]\nroutes = ["by-dbs", "by-kasikorn"]\ntime_limit = "60 s"',
    ),
    "LH142": Code(
        "promises of a link that can't be kept",
        "A time limit is above zero. Quotes are for what the first hop of a route pays to the dealer who exchanges "
        "it; they are valid for some time and have no later value date. What happens when they expire needs quotes.",
        'time_limit = "60 s"\nquote_valid = "10 min"\nwhen_expired = "reject"',
    ),
}

_LEDGERS = {
    "LH143": Code(
        "blocks of a shared ledger that can't work",
        "The rails of a ledger are its currencies, each once. They have the same blocks (a distance above zero, at "
        "least one payment in each), the same hours, and the same rules for what is short, arrives closed or is left.",
        'ledger = "mBridge"\nblock_every = "3 s"\ncapacity = 1000',
    ),
    "LH144": Code(
        "a holder who may not hold a currency of a ledger",
        "A central bank issues to its own banks. Whether participants from other countries may hold its currency says "
        "foreign_holders: by themselves, with a sponsor, or not at all. Money issued to or redeemed from them goes "
        "through a domestic bank, which funded_by names.",
        'foreign_holders = "sponsored"\n[accounts.E-THB]\nBOC = { opening = "0 THB", funded_by = "BBL" }',
    ),
    "LH145": Code(
        "a currency of a ledger that can't be issued",
        "A central bank issues against money on the RTGS of its currency, where it has an unlimited account as it has "
        "on the ledger, while both are open; whoever pays for an issue has an account on that RTGS.",
        'central_bank = "BOT"\ndomestic_rail = "BAHTNET"',
    ),
    "LH146": Code(
        "limits of a ledger that can't be kept",
        "The limit of balances is an amount above zero in the rail's currency, and the most amount of a payment isn't "
        "above it. No account begins with, or is filled up to, more than it may hold.",
        'most_amount = "100 mn THB"\nbalance_limit = "1 bn THB"',
    ),
    "LH147": Code(
        "legs on a ledger that can't settle together",
        "Hops in a row on one ledger settle in one block, all or none. So they have neither latency nor screening "
        "between them, and what is exchanged has no later value date.",
        'hops = [\n  { rail = "E-CNY", from = "debtor", to = "FX" },\n'
        '  { rail = "E-THB", from = "FX", to = "creditor" },\n]',
    ),
}

_WALLETS = {
    "LH148": Code(
        "limits of wallets that can't be kept",
        "Each class of wallets has limits above zero per payment, per day and on the balance, that per payment not "
        "above that per day, and a cap on offline payments that may be zero. No wallet begins with more than it may "
        "hold.",
        'WalletClass(name="phone_only", payment=200_000, day=500_000, balance=1_000_000, offline=50_000)',
    ),
    "LH149": Code(
        "a wallet without an operator, or a book that can't be",
        "Every wallet belongs to an operator, a class and a zone. A bank account that it is bound to is with an "
        "operator that is a bank; operators that are no banks have no reserve account. Between regimes positions are "
        "settled, and back to cash each bank has what its wallets hold. Money times days stays below 2^62.",
        "make_wallets(balance=[0, 5_000], operator=[0, 1], wallet_class=0, bank=[0, UNBOUND])",
    ),
    "LH150": Code(
        "a wallet payment that can't be played",
        "Wallet payments come by time, within the days of the book, between two different wallets, with amounts above "
        "zero in minor units; one made offline is posted later, never earlier.",
        "make_payments(initiated_at=[t], payer=[0], payee=[1], amount=[1_250])",
    ),
}

_RETAIL = {
    "LH151": Code(
        "a proxy look-up that can't be",
        "A look-up takes some time, and a share between 0 and 1 of aliases leads to nobody.",
        'proxy = { latency = { lognormal = { median = "800 ms", sigma = 0.5 } }, unknown_share = "1 %" }',
    ),
    "LH152": Code(
        "a limit of a day that can't be kept",
        "A link limits what a customer sends a day by an amount above zero in the currency of its first rail. Flows "
        "say how many customers each debtor has, from one on.",
        'day_limit = "1000 SGD"\nzone = "Asia/Singapore"\n\n[flows.remittances]\ncustomers = 10000',
    ),
    "LH153": Code(
        "a day of retail that can't be",
        "A retail flow weighs weekdays by name (Mon, Tue, Wed, Thu, Fri, Sat, Sun), single days by date, and all days "
        "of holidays alike. Weights aren't negative, and at least one day of the run has one above zero.",
        '[flows.shops]\nkind = "retail"\ncalendar = "CN"\nweekdays = { Sat = 1.4, Sun = 1.3 }\nholiday = 2.5\n'
        'days = { "2026-10-01" = 3.4 }',
    ),
}

_POSITIONS = {
    "LH154": Code(
        "a net settlement that can't be",
        "An instant rail settles its net positions on a gross or net rail in the same currency, at times at which that "
        "one is open, through an operator with an account on both. Each other account settles through its holder's "
        "account there or that of the settlement bank named by settled_by, not the operator. Settlement brings "
        "accounts back to their opening, so they have no refills of their own.",
        '[rails.PROMPTPAY]\nkind = "instant"\ncurrency = "THB"\nsettle_on = "BAHTNET"\noperator = "ITMX"\n'
        'settle_at = ["10:00", "15:00"]\n\n[accounts.PROMPTPAY]\nKBANK = { opening = "10 mn THB" }\n'
        'WALLET = { opening = "1 mn THB", settled_by = "KBANK" }',
    ),
}

_REFUNDS = {
    "LH155": Code(
        "refunds that no run would see",
        "Payments are refunded so long after they were final. Where even the soonest refund begins after the run has "
        "ended, make the delay shorter or the run longer.",
        '[routes.qr]\nrefunds = { share = "2 %", after = { lognormal = { median = "20 h", sigma = 1.2 } } }',
    ),
}

_OUTAGES = {
    "LH156": Code(
        "an outage of nothing, or of what isn't there",
        "An outage names what is out: rails, shared ledgers (with all their currencies at once), links, participants, "
        "dealers of [fx]. Several that are named together are out together.",
        '[outages.data-centre]\nrails = ["HVPS"]\nparticipants = ["BOC"]\n'
        'times = [{ day = 2026-03-02, from = "10:00", to = "12:30" }]',
    ),
    "LH157": Code(
        "times of an outage that can't be",
        "Given times are local, of the zone that the outage names or of its first rail. Each ends after it begins, one "
        "after another, and some of it lies in the run. An outage without times is drawn by chance.",
        'times = [{ day = 2026-03-02, from = "22:00", to = "06:00+1" }]\nzone = "Asia/Singapore"',
    ),
    "LH158": Code(
        "an outage that chance can't draw",
        "Chance draws the time up to the next outage from an exponential distribution with the mean `every`, and how "
        "long it lasts from `lasts`: a duration, or one distribution. Neither is nothing, and a run has no more than "
        "some ten thousand of them.",
        'every = "30 d"\nlasts = { lognormal = { median = "45 min", sigma = 1 }, most = "8 h" }',
    ),
}

_EXCHANGES = {
    "LH190": Code(
        "a trade of a CLS-type system with a later value date",
        "Both sides of a trade settle on the day that the system matches it for, so its two legs have one value date. "
        "A trade for a later day is initiated on that day, before the system's start. Pairs of [fx.pairs] that trades "
        "exchange have no value date.",
        '[fx.pairs."EUR/USD"]\nsource = "ecb"\nhalf_spread = "1 bp"',
    ),
    "LH191": Code(
        "a currency of a CLS-type system that nobody could pay in",
        "Members pay in on the funding rail of each currency, at the times in pay_in_at up to the currency's last one "
        "(last_pay_in). That rail must be open at one of them on some day of the run.",
        'pay_in_at = ["08:00", "09:00", "10:00", "11:00", "12:00"]\nlast_pay_in = { JPY = "10:00" }',
    ),
    "LH192": Code(
        "a link between instant systems that are never open together",
        "An instant system refuses what comes while it is closed, and a link between two credits within seconds. So if "
        "they are never open at the same time no payment could arrive. Leave out their hours, or let them overlap.",
        '[rails.FAST]\nkind = "instant"\ncurrency = "SGD"\n\n[rails.RPP]\nkind = "instant"\ncurrency = "MYR"',
    ),
}

_COVER = {
    "LH185": Code(
        "a cover that can't be",
        "By the cover method the message goes straight to the creditor's bank, and the hops of the route are its "
        "cover: in the currency of the payment and paid in full, so nothing is exchanged and no bank keeps a fee of "
        "it. What correspondents charge is asked of the debtor's bank.",
        'cover = { message = "10 min", credited = "cover" }\nsending_fee = { fixed = "25 USD" }',
    ),
    "LH186": Code(
        "funding between openings that can't run",
        "A rail of kind cips may fill accounts up to their targets again between openings: at a distance above zero, "
        "and at times at which both it and its funding rail are open, be it for funding only.",
        'fund_every = "1 h"        # or fund_at = ["10:00", "22:00"]',
    ),
}

_SYSTEMS = {
    "LH178": Code(
        "a day of a CLS-type system that can't be",
        "An entry of [pvp] of the kind cls joins rails of the kind cls: at least two, each in a currency of its own, "
        "with the same calendar and hours and no bounds of amounts. Trades are matched at start; instalments are due "
        "after it at times that rise, all while those rails are open. Haircuts are from 0 to below 1, the share that "
        "is swapped from 0 to 1, limits not below zero in the currency that accounts are valued in, and [fx.pairs] has "
        "every other currency against it.",
        'rails = ["CLS-USD", "CLS-EUR"]\nstart = "07:00"\npay_in_at = ["08:00", "09:00", "10:00"]',
    ),
    "LH179": Code(
        "a trade over a CLS-type system that isn't one",
        "A trade is a route of two hops on two rails of one entry: from the debtor to the creditor, and from the "
        "creditor back to the debtor in another currency. The first hop names the entry. Nothing else settles on these "
        "rails.",
        'hops = [\n  { rail = "CLS-USD", from = "debtor", to = "creditor", pvp = "CLS" },\n'
        '  { rail = "CLS-EUR", from = "creditor", to = "debtor" },\n]',
    ),
    "LH180": Code(
        "a member of a CLS-type system without an account it needs",
        "A member has an account on every rail of the system, which begins at zero, and one on each funding rail, or "
        "funded_by names who has. The operator has an unlimited account on each rail of the system and one on each "
        "funding rail, in the same currency.",
        'A = { opening = "0 USD", debit_limit = "100 mn USD", funded_by = "NOSTRO-BANK" }',
    ),
    "LH181": Code(
        "hash time locks without an account for what is locked",
        "Money in a lock is nobody's until it is claimed or goes back. Meanwhile it stands in an account of the "
        "participant named escrow, which has one on each of the two rails.",
        '[accounts.USD-CHATS]\nESCROW = { opening = "0 USD" }',
    ),
    "LH182": Code(
        "an outage of a CLS-type system itself",
        "What a system of the kind cls does when it is out itself isn't modelled. The rails on which its members pay "
        "in may be out, and so may members: then they don't pay in.",
        '[outages.pay-ins]\nrails = ["FEDWIRE"]\ntimes = [{ day = 2026-03-02, from = "07:00", to = "09:30" }]',
    ),
}

CODES: dict[str, Code] = {
    **_FILES,
    **_TYPES,
    **_REFERENCES,
    **_RULES,
    **_DEMAND,
    **_RUNS,
    **_NETTING,
    **_ANALYSIS,
    **_CREDIT,
    **_EXPORT,
    **_MARKET,
    **_WALLETS_OF_SCENARIOS,
    **_PVP,
    **_INSTANT_LINKS,
    **_LEDGERS,
    **_WALLETS,
    **_RETAIL,
    **_POSITIONS,
    **_REFUNDS,
    **_OUTAGES,
    **_SYSTEMS,
    **_COVER,
    **_EXCHANGES,
}
"""Every code by name, in order."""
