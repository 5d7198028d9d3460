"""The probe and the ruler: marks on photographs, what follows from them, and how it is drawn."""
