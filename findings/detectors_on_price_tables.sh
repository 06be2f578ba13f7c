#!/usr/bin/env bash
# Detectors of encodings misread tables of prices: most of their bytes are digits, and the few words are names of columns.
#
# Version:   chardet 7.7.0 and charset-normalizer 3.5.2.
# Guess:     a header of six words in Chinese, Japanese, Korean, Polish, Russian or Turkish above 120 rows of prices is
#            enough for a detector to name its encoding, or one that reads the same words.
# Behaviour: of fourteen such tables chardet names a right one for 4 and charset-normalizer for 9. The wrong ones decode
#            without an error, mostly as Big5 (chardet, Western and Korean tables among them) and as PTCP154
#            (charset-normalizer, every table in simplified Chinese), so that nothing but the words themselves shows it.
# Source:    https://chardet.readthedocs.io/ and https://charset-normalizer.readthedocs.io/, which speak of texts.
# Who minds: whoever opens exports of exchanges and brokers with `encoding=detect(...)`. Strict decoding from a fixed
#            list, kept where names of columns that one expects appear, reads all of them.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check chardet==7.7.0 charset-normalizer==3.5.2
cat > "$place/detect.py" <<'PYTHON'
from datetime import date, timedelta

import chardet
import charset_normalizer

HEADERS = {
    "日期,开盘价,最高价,最低价,收盘价,成交量": ("gb2312", "gbk", "gb18030"),
    "日期,開盤價,最高價,最低價,收盤價,成交股數": ("big5",),
    "日付,始値,高値,安値,終値,出来高": ("shift_jis", "cp932"),
    "일자,시가,고가,저가,종가,거래량": ("cp949", "euc_kr"),
    "Datum,Eröffnung,Hoch,Tief,Schlusskurs,Stücke": ("cp1252",),
    "Fecha,Apertura,Máximo,Mínimo,Último,Volumen": ("cp1252", "latin-1"),
    "Data,Otwarcie,Najwyższy,Najniższy,Zamknięcie,Wolumen": ("cp1250",),
    "Дата,Откр.,Макс.,Мин.,Цена,Объём": ("cp1251",),
    "Tarih,Açılış,Yüksek,Düşük,Şimdi,Hac.": ("cp1254",),
}
rows = [
    f"{date(2026, 1, 5) + timedelta(days=i)},{100 + i / 7:.2f},{101 + i / 7:.2f},{99 + i / 7:.2f},{100.5 + i / 7:.2f},{10**6 + i * 37}"
    for i in range(120)
]
tables = [(header, code) for header, codes in HEADERS.items() for code in codes]
for library in (chardet, charset_normalizer):
    right = 0
    for header, code in tables:
        raw = "\n".join([header, *rows]).encode(code)
        named = library.detect(raw)["encoding"]
        words = raw.decode(named, errors="replace").split("\n")[0]
        right += words == header
        if words != header:
            print(f"{library.__name__}: {code} taken for {named}: {words}")
    print(f"{library.__name__} reads the names of {right} of {len(tables)}")
PYTHON
saw=$("$place/venv/bin/python" "$place/detect.py")
printf '%s\n' "$saw"
if grep -q "^chardet reads the names of 4 of 14$" <<< "$saw" && grep -q "^charset_normalizer reads the names of 9 of 14$" <<< "$saw"; then
    echo "as said above"
else
    echo "this has changed" >&2
    exit 1
fi
