"""Traces and views that a report takes, and those that it refuses."""

from dataclasses import replace

import pytest

from golden.errors import InputError
from reports.measure.gpu import committed_reference, gpu_reference
from reports.measure.subject import Subject
from sim.gpu.trace import save_trace
from tests.reports.report_cases import trace_of


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scene_sha256": "0" * 64}, "was recorded of another scene"),
        ({"width_px": 97}, "was recorded at 97x64 px and the views are 96x64"),
        ({"views": "fewer"}, "lacks 1 of the 3 views (view_0001)"),
        ({"views": "no projection"}, "holds no projection kernel of view_0000"),
    ],
)
def test_a_trace_of_something_else_is_refused(subject, tmp_path, changes, message):
    trace = trace_of(subject)
    kernels = {"rasterize_to_pixels_kernel": 300.0}
    views = {
        "fewer": (trace.views[0], trace.views[2]),
        "no projection": tuple(replace(view, kernels_us=kernels) for view in trace.views),
    }
    if "views" in changes:
        changes = {"views": views[changes["views"]]}
    path = tmp_path / "other.json"
    save_trace(replace(trace, **changes), path)
    with pytest.raises(InputError) as refused:
        gpu_reference(path, subject)
    assert message in str(refused.value)
    assert str(path) in str(refused.value)
    reference, note = committed_reference(subject, path)
    assert reference == ()
    assert message in note


def test_the_committed_trace_may_be_missing_or_fit(subject, tmp_path):
    path = tmp_path / "h.json"
    assert committed_reference(subject, path)[0] == ()
    save_trace(trace_of(subject), path)
    reference, note = committed_reference(subject, path)
    assert len(reference) == 1
    assert (reference[0].file, note) == ("h.json", "")
    assert [t.frame_us for t in reference[0].times] == [1000.0, 2000.0, 3000.0]
    assert [t.front_end_us for t in reference[0].times] == pytest.approx([100.0] * 3)
    assert [t.kernels_us for t in reference[0].times] == pytest.approx([400.0] * 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cameras: [], "no views were chosen"),
        (lambda cameras: [cameras[0], cameras[1].resized(48, 32)], r"have 2 sizes .* with --size"),
        (lambda cameras: [cameras[0], cameras[1].resized(32, 48)], r"2 sizes .* of one shape with"),
        (lambda cameras: [cameras[0], cameras[0]], "two views are named view_0000"),
    ],
)
def test_unusable_views_are_refused(subject, change, message):
    with pytest.raises(InputError, match=message):
        Subject(subject.scene, change(list(subject.cameras)), subject.rules)
