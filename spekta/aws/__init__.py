"""What Spekta keeps in AWS. The only room that knows boto3, which is imported when it is first needed."""
