"""docs/threat-model.md says what the tests show: its tables are written from their cases."""

import os

import smuggling_answers
import smuggling_heads
import smuggling_lengths
from threat_tables import DOCUMENT, FAULTS, named_test, rendered

CASES = [*smuggling_lengths.CASES, *smuggling_heads.CASES, *smuggling_answers.CASES]


def test_the_document_has_a_row_for_each_case():
    """`ROUTERC_BLESS=1` writes the tables anew; read the difference before you commit it."""
    text = DOCUMENT.read_text()
    expected = rendered(text)
    if text != expected and os.environ.get("ROUTERC_BLESS") == "1":
        DOCUMENT.write_text(expected)
    assert text == expected, "the document differs from the cases; ROUTERC_BLESS=1 writes it"


def test_each_case_has_a_name_of_its_own():
    names = [case.id for case in CASES]
    assert len(names) == len(set(names))
    assert all(case.sent and case.rfc and case.asks for case in CASES)


def test_each_fault_has_a_test_of_its_own():
    tests = [named_test(short) for faults in FAULTS.values() for _, _, short in faults]
    assert len(tests) == len(set(tests))
