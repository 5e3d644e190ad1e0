"""One tiny subject, measured once for all tests of the folder."""

import pytest

from reports.gpu import gpu_reference
from reports.measure import measure
from reports.results import report_document
from sim.config import load_config
from sim.trace import save_trace
from tests.reports.report_cases import tiny_subject, trace_of


@pytest.fixture(scope="session")
def subject():
    return tiny_subject()


@pytest.fixture(scope="session")
def measured(subject):
    return measure(subject, rtl=True)


@pytest.fixture(scope="session")
def gpu(subject, tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "test.json"
    save_trace(trace_of(subject), path)
    return gpu_reference(path, subject)


@pytest.fixture(scope="session")
def document(subject, measured, gpu):
    base = load_config("base")
    return report_document(subject, measured, base, gpu, "", "splatsieve report default -o r")
