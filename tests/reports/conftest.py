"""One tiny subject, measured once for all tests of the folder."""

import pytest

from reports.measure.gpu import gpu_reference
from reports.measure.measure import measure
from reports.measure.results import report_document
from reports.writer import write_report
from sim.gpu.trace import save_trace
from sim.model.config import load_model_config
from tests.reports.report_cases import tiny_subject, trace_of


@pytest.fixture(scope="session")
def subject():
    return tiny_subject()


@pytest.fixture(scope="session")
def measured(subject):
    return measure(subject, load_model_config("edge"), rtl=True)


@pytest.fixture(scope="session")
def gpu(subject, tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "test.json"
    save_trace(trace_of(subject), path)
    return gpu_reference(path, subject)


@pytest.fixture(scope="session")
def document(subject, measured, gpu):
    return report_document(subject, measured, (gpu,), "", "splatsieve report default -o r")


@pytest.fixture(scope="session")
def written(document, measured, tmp_path_factory):
    """A folder with the whole report."""
    folder = tmp_path_factory.mktemp("written")
    write_report(document, measured.pictures.image, folder, measured.above)
    return folder
