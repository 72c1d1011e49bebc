"""Numbers become one self-contained HTML page, a table for the terminal, and sentences."""

from seglab.report.page import write_report
from seglab.report.reading import read_results
from seglab.report.tables import format_table, table
from seglab.report.words import conclusions, headline

__all__ = ["conclusions", "format_table", "headline", "read_results", "table", "write_report"]
