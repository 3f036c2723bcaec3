"""The phrases of pictures, in English and Chinese; Chinese terms follow PBoC and CIPS usage."""

from __future__ import annotations

from typing import Final

PHRASES: Final[dict[str, tuple[str, str]]] = {
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
    "g20_short": ("G20 end-2027 (◇): 75 % in 1 h", "G20 目标（◇）：1 小时内 75 %"),
    "no_payments": ("No payments: the run had none to make.", "没有支付：本次运行没有支付。"),
    "none_settled": ("{0} payments, none of which settled.", "共 {0} 笔支付，均未结算。"),
    "none_settled_here": ("none settled", "均未结算"),
    # queue_heatmap
    "queue_title": ("Value queued by participant and hour: {0}", "各参与者各时段的排队金额：{0}"),
    "queue_subtitle": (
        "mean over snapshots of the hour, all days, in {0}; {1} of {2} participants ever queued",
        "各时段快照均值（所有日期），单位：{0}；{2} 个参与者中有 {1} 个曾排队",
    ),
    "rest_peak": ("peak of the others: the highest of one", "其余的峰值为其中单个最大值"),
    "others_summed": ("{0} others, summed", "其余 {0} 个合计"),
    "nobody_queued": ("Nothing was ever queued for want of funds.", "从未因资金不足而排队。"),
    "local_hour": ("local hour, {0}", "当地时间（时），{0}"),
    "peak": ("peak", "峰值"),
    # settled_by_rail
    "rail_title": ("Settled value by rail", "各系统的结算金额"),
    "rail_subtitle": (
        "{0} settled obligations: payments with their spreads and fees; no returns, funding or overnight credit",
        "已结算债务 {0} 笔：支付及其点差与费用；不含退回、注资与隔夜信贷",
    ),
    "other_rails": ("other rails", "其他系统"),
    "obligations": ("{0} obligations", "{0} 笔"),
    "no_obligations": ("No obligation settled.", "没有已结算的债务。"),
    # settlement_risk
    "risk_title": ("Principal at risk in conversions", "兑换中的本金风险"),
    "risk_subtitle": (
        "paid on one leg while the other is not yet final, highest in each interval of {0}; {1} legs",
        "一方已付而另一方尚未最终结算的金额，每 {0}取最大值；共 {1} 笔",
    ),
    "risk_axis": ("at risk, {0}", "风险金额，{0}"),
    "risk_peak": ("highest {0} {1}, {2}", "最高 {0} {1}，{2}"),
    "no_conversions": ("No conversion was paid: nothing was at risk.", "没有已付款的兑换，因此没有本金风险。"),
    "never_at_risk": ("{0} legs, each final together with the other.", "共 {0} 笔，双方均同时结算。"),
    # balance_fan
    "fan_title": ("Balances over the day: {0}", "日内余额分布：{0}"),
    "fan_people": (
        "bands over {0} participants (issuers left out), in {1}; snapshots every {2}",
        "{0} 个参与者的分布（不含货币发行方），单位：{1}；每 {2}取值一次",
    ),
    "fan_days": (
        "{0}: bands over business days ({1}), in {2}; snapshots every {3}",
        "{0}：{1} 个营业日的分布，单位：{2}；每 {3}取值一次",
    ),
    "fan_wide": ("quantiles {0} to {1} %", "{0} % 至 {1} % 分位"),
    "median": ("median", "中位数"),
    "no_rail_of": ("{0} has no account on the rail {1}.", "{0} 在 {1} 没有账户。"),
    "balance_axis": ("balance, {0}", "余额，{0}"),
    "clock_days": ("local time, {0}; {1}", "当地时间 {0}；{1}"),
}
