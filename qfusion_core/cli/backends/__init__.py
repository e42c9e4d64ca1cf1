"""``qfusion backends VERB``. One small file per verb."""
