"""Makes of a template and its parameters, from stdin, what AWS makes of it, to stdout. Run by the interpreter that has
the SAM CLI.
"""

import json
import sys
from typing import Any

from boto3.session import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


def translated(template: dict[str, Any], parameters: dict[str, str]) -> Any:
    """Raises samtranslator's InvalidDocumentException."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = "s3://bucket/key"  # where `sam deploy` puts it
    translator = Translator({}, Parser(), boto_session=Session(region_name="eu-central-1"))
    return translator.translate(template, parameters)


if __name__ == "__main__":
    json.dump(translated(**json.load(sys.stdin)), sys.stdout)
