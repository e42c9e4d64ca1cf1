"""``qfusion jobs VERB``. One small file per verb."""
