"""Names of columns say in which encoding a file is: thirty files, three languages of Asia, six of Europe."""

from pathlib import Path

import pytest

from ingest.sources.csv_file import read
from ingest.text.columns import is_header
from ingest.text.table import read_table

NAMES = {
    "Chinese": "日期,开盘价,最高价,最低价,收盘价,成交量",
    "Taiwanese": "日期,開盤價,最高價,最低價,收盤價,成交股數",
    "Japanese": "日付,始値,高値,安値,終値,出来高",
    "Korean": "일자,시가,고가,저가,종가,거래량",
    "German": "Datum,Eröffnung,Hoch,Tief,Schluß­kurs,Stücke".replace("\u00ad", ""),
    "French": "Date,Ouverture,+ Haut,+ Bas,Clôture,Volume",
    "Spanish": "Fecha,Apertura,Máximo,Mínimo,Último,Volumen",
    "Polish": "Data,Otwarcie,Najwyższy,Najniższy,Zamknięcie,Wolumen",
    "Russian": "Дата,Откр.,Макс.,Мин.,Цена,Объём",
    "Turkish": "Tarih,Açılış,Yüksek,Düşük,Şimdi,Hac.",  # noqa: RUF001  # Turkish has a dotless i
}
CODES = {
    "Chinese": ("gbk", "gb2312"),
    "Taiwanese": ("big5",),
    "Japanese": ("shift_jis", "cp932"),
    "Korean": ("cp949", "euc_kr"),
    "German": ("cp1252", "latin-1"),
    "French": ("cp1252",),
    "Spanish": ("cp1252",),
    "Polish": ("cp1250",),
    "Russian": ("cp1251",),
    "Turkish": ("cp1254",),
}
EVERYWHERE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
FILES = [(name, code) for name in NAMES for code in (*CODES[name], *EVERYWHERE)]


@pytest.mark.parametrize(("language", "code"), FILES)
def test_a_file_in_its_own_encoding_is_read(tmp_path: Path, language: str, code: str) -> None:
    path = tmp_path / "prices.csv"
    rows = "2026-06-08,1.5,1.75,1.25,1.6,100\n2026-06-09,1.6,1.7,1.5,1.65,200\n"
    path.write_bytes(f"{NAMES[language]}\n{rows}".encode(code))
    assert read_table(path, is_header).header[4] == NAMES[language].split(",")[4]
    found = read(path, "COIN", "XNYS").rows
    assert found[["open", "high", "low", "close", "volume"]].to_numpy().tolist() == [
        [1.5, 1.75, 1.25, 1.6, 100],
        [1.6, 1.7, 1.5, 1.65, 200],
    ]
