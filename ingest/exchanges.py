"""Yahoo's codes of exchanges, and the calendars that their sessions follow.

Several codes share a calendar: all lists of one exchange, and exchanges with the same holidays. A code
that is not here is asked for, never guessed.
"""

from collections.abc import Mapping
from types import MappingProxyType

_CODES = {
    "XNYS": "NYQ NMS NGM NCM NAS NIM ASE PCX BTS CBO CXI DJI SNP WCB IEX OBB OEM OQB OQX PNK",
    "CMES": "CME CMX NYM CBT",
    "ICEUS": "NYB",
    "XTSE": "TOR",
    "XTSX": "VAN",
    "XMEX": "MEX",
    "BVMF": "SAO",
    "XBUE": "BUE",
    "XSGO": "SGO",
    "XLON": "LSE IOB FGI",
    "XDUB": "ISE",
    "XETR": "GER",
    "XFRA": "FRA",
    "XSTU": "STU",
    "XDUS": "DUS",
    "XHAM": "HAM",
    "XPAR": "PAR",
    "XAMS": "AMS",
    "XBRU": "BRU",
    "XLIS": "LIS",
    "XMAD": "MCE",
    "XMIL": "MIL",
    "XSWX": "EBS",
    "XWBO": "VIE",
    "XSTO": "STO",
    "XCSE": "CPH",
    "XHEL": "HEL",
    "XOSL": "OSL",
    "XICE": "ICE",
    "XWAR": "WSE",
    "XPRA": "PRA",
    "XBUD": "BUD",
    "ASEX": "ATH",
    "XIST": "IST",
    "XTAE": "TLV",
    "XJSE": "JNB",
    "XSAU": "SAU",
    "XTKS": "JPX OSA",
    "XHKG": "HKG",
    "XSHG": "SHH SHZ",
    "XTAI": "TAI TWO",
    "XKRX": "KSC KOE",
    "XBOM": "BSE NSI",
    "XSES": "SES",
    "XKLS": "KLS",
    "XBKK": "SET",
    "XIDX": "JKT",
    "XASX": "ASX",
    "XNZE": "NZE",
}
CALENDARS: Mapping[str, str] = MappingProxyType(
    {code: calendar for calendar, codes in _CODES.items() for code in codes.split()}
)
"""Yahoo's code -> calendar."""

KINDS: Mapping[str, str] = MappingProxyType({"CRYPTOCURRENCY": "24/7", "CURRENCY": "24/5"})
"""Yahoo's kind of instrument -> calendar, where there is no exchange."""
