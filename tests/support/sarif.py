"""SARIF logs against the standard's schema, as pydantic models made of it."""

import json

from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema


def validate(log):
    """Raise ValueError if *log* is not SARIF 2.1.0.

    What the models leave out of the schema is that lists of locations, rules and
    artifacts hold nothing twice.
    """
    model = StaticAnalysisResultsFormatSarifVersion210JsonSchema
    model.model_validate_json(json.dumps(log), strict=True)
    for run in log["runs"]:
        _once(run["tool"]["driver"]["rules"])
        for result in run["results"]:
            _once(result["locations"])
            _once(result["relatedLocations"])


def _once(values):
    texts = [json.dumps(value, sort_keys=True) for value in values]
    if len(texts) != len(set(texts)):
        raise ValueError("something is there twice")
