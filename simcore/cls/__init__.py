"""A CLS-type engine over arrays: matched pairs, three risk tests, pay-ins by deadlines, in/out swaps."""

from simcore.cls.day import Day as Day
from simcore.cls.day import Terms as Terms
from simcore.cls.day import check_pairs as check_pairs
from simcore.cls.day import instalment as instalment
from simcore.cls.day import net_positions as net_positions
from simcore.cls.day import settle_day as settle_day
from simcore.cls.desk import Desk as Desk
from simcore.cls.swaps import InOut as InOut
from simcore.cls.swaps import in_out_swaps as in_out_swaps
