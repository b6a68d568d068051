"""What becomes of an original project, as a JSON document."""

from typing import Any

from dataduct.cli.problems import problem_document
from dataduct.migration.report import VERDICTS, FileReport, MigrationReport


def report_document(report: MigrationReport) -> dict[str, Any]:
    """Return the report as `{"directory", "config", "files": [...], "differences": [...], "counts": {...}}`."""
    return {
        "directory": report.directory,
        "config": report.config,
        "files": [_file(file) for file in report.files],
        "not_compiled": list(report.unread),
        "differences": [
            {"id": each.id, "title": each.title, "before": each.before, "link": each.link}
            for each in report.differences
        ],
        "counts": {verdict: report.count(verdict) for verdict in VERDICTS},
    }


def _file(file: FileReport) -> dict[str, Any]:
    return {
        "file": file.file,
        "kind": file.kind,
        "verdict": file.verdict,
        "differences": [
            {
                "id": each.difference.id,
                "places": [
                    {"file": place.file, "line": place.line, "column": place.column} for place in each.places
                ],
            }
            for each in file.differences
        ],
        "notes": problem_document(file.notes)["problems"],
        "edits": problem_document(file.edits)["problems"],
    }
