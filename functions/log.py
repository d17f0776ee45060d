"""The one logger of the functions. It takes secrets out of messages; requests are never written: they carry queries."""

from aws_lambda_powertools.logging import Logger

from connectors.redaction import RedactingFilter

logger = Logger()
logger.addFilter(RedactingFilter())
