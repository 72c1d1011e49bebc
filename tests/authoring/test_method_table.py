"""The README's table of networks says what the benchmark recorded, and what it has not."""

from pathlib import Path

from seglab.authoring import front_page, method_table

ROOT = Path(__file__).parents[2]
EMPTY = {"median": None, "lowest": None, "highest": None, "seeds": 0, "scores": {}}
EMPTY |= dict.fromkeys(method_table.FACTS)


def row(network, data, median=None, seeds=1, **facts):
    if median is None:
        return {"network": network, "method": network, "data": data, **EMPTY}
    found = {"median": median, "lowest": median - 0.02, "highest": median + 0.01, "seeds": seeds}
    found["scores"] = {"boundary IoU": median / 2}
    return {"network": network, "method": network, "data": data, **EMPTY, **found, **facts}


def with_crf(plain, median=None):
    return {**plain, "method": f"{plain['network']} + CRF", "median": median}


def test_rows_are_sorted_and_cells_are_the_record(monkeypatch):
    facts = {"parameters": 12_345, "ms": 3.25, "memory_mb": 1024}
    rows = []
    for network, pets, refined in (("A", 0.5, 0.4), ("B", 0.7, 0.75), ("C", None, None)):
        plain = row(network, "pets", pets, seeds=3, **facts) if pets else row(network, "pets")
        rows += [plain, with_crf(plain, refined)]
        for data in ("nuclei", "camvid"):
            rows += [plain := row(network, data, 0.8 if network == "B" else None), with_crf(plain)]
    monkeypatch.setattr(method_table, "measured", lambda name: rows)
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in method_table.table().splitlines()[2:5]]
    assert [line[0] for line in lines] == ["B", "A", "C"]
    assert lines[0][1:4] == ["0.700 (0.680 to 0.710)", "0.350", "0.750"]
    assert lines[0][4:6] == ["0.800", "0.400"]  # one seed has no range
    assert lines[1][-3:] == ["12,345", "3.2", "1,024"]
    assert set(lines[2][1:]) == {"not yet"}


def test_the_readme_has_it():
    text = (ROOT / "README.md").read_text("utf-8")
    assert front_page.NETWORKS_BEGIN in text and "| network | pets |" in text
    assert front_page._with_tables(text.replace("| network | pets |", "| network | dogs |"), ROOT) == text
