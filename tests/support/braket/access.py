"""What the stand-in's account is asked for."""

REMOTE = {"device": "iqm/Garnet", "shots": 100, "s3": "s3://results/here"}
