"""What a wrong declaration costs: how far the views then disagree about the subject, in px of the model's image."""
