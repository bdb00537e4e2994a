"""What the models are worth: figures on chosen months, and every table of the evaluation."""
