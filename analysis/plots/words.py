"""What pictures say, in English and Chinese; Chinese terms follow PBoC and CIPS usage."""

from __future__ import annotations

from typing import Final

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "seed": ("seed", "种子"),
    "tables": ("tables", "结果"),
    "balance": ("balance", "余额"),
    "queued": ("queued value (axis ends at its peak)", "排队金额（轴至峰值）"),
    "limit": ("debit limit", "透支限额"),
    "open": ("open hours", "营业时间"),
    "no_queue": ("never a queue", "无排队"),
    "then": ("; ", "；"),
    "comma": (", ", "，"),
    "limit_at": ("limit {0}", "限额 {0}"),
    "intraday_title": ("Intraday balance and queue: {0}", "日间余额与排队：{0}"),
    "all_accounts": ("all {0} accounts, by value paid", "全部 {0} 个账户，按付款额排序"),
    "one_account": ("one account", "1 个账户"),
    "some_accounts": ("{0} of {1} accounts, by value paid", "{1} 个账户中付款额最大的 {0} 个"),
    "chosen_accounts": ("{0} of {1} accounts", "{1} 个账户中的 {0} 个"),
    "snapshots": ("in {0}; snapshots every {1}", "单位：{0}；每 {1}取值一次"),
    "clock": ("local time, {0} ({1}), {2}", "当地时间 {0}（{1}），{2}"),
    "no_balances": ("No balances: the run has no account with a snapshot.", "没有余额数据：本次运行没有账户快照。"),
    "no_rail": ("No account is on the rail {0}.", "{0} 没有账户。"),
    "route_title": ("Settled value and speed by route", "各路径的结算金额与速度"),
    "route_subtitle": ("{0} payments, of which {1} settled by the end", "共 {0} 笔支付，期末已结算 {1} 笔"),
    "some_routes": ("the {0} largest of {1} routes", "显示 {1} 条路径中最大的 {0} 条"),
    "cumulative": ("settled since start, {0}", "累计结算，{0}"),
    "payments": ("{0} payments", "{0} 笔"),
    "share_settled": ("{0} % settled", "已结算 {0} %"),
    "share": ("share of payments, %", "占支付笔数，%"),
    "elapsed": ("time from initiation to settlement", "从发起到结算的时间"),
    "g20": ("G20 target for end-2027 (◇): 75 % within one hour", "二十国集团 2027 年底目标（◇）：一小时内 75 %"),
    "no_payments": ("No payments: the run had none to make.", "没有支付：本次运行没有支付。"),
    "none_settled": ("{0} payments, none of which settled.", "共 {0} 笔支付，均未结算。"),
    "none_settled_here": ("none settled", "均未结算"),
}
WEEKDAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
LANGUAGES: Final = tuple(WEEKDAYS)


def say(key: str, language: str, *values: object) -> str:
    """A phrase in a language, with values put in."""
    return _WORDS[key][LANGUAGES.index(language)].format(*values)


def said() -> str:
    """Every character that pictures use by themselves."""
    parts = [text for pair in _WORDS.values() for text in pair]
    return "".join([*parts, *WEEKDAYS["en"], *WEEKDAYS["zh"], *MONTHS, "年月日至小时分钟秒天周万亿"])


def on_day(days: float, language: str) -> str:
    """A day as people write it: "Mon 2 March 2026"."""
    import datetime as dt

    day = dt.date(1970, 1, 1) + dt.timedelta(days=int(days // 1))
    weekday = WEEKDAYS[language][day.weekday()]
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日（{weekday}）"
    return f"{weekday} {day.day} {MONTHS[day.month - 1]} {day.year}"


def from_to(first: float, last: float, language: str) -> str:
    """The days a picture covers; ``last`` is the end, so that a midnight belongs to the day before."""
    last = max(first, last - 1e-6)
    if first // 1 == last // 1:
        return on_day(first, language)
    return f"{on_day(first, language)}{' to ' if language == 'en' else '至'}{on_day(last, language)}"


def duration(seconds: float, language: str) -> str:
    """A length of time in its largest whole unit: "15 min", "1 h", "2 d"."""
    units = {"en": ("s", "min", "h", "d"), "zh": ("秒", "分钟", "小时", "天")}[language]
    for size, unit in zip((86_400, 3_600, 60), reversed(units)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} {units[0]}"
