"""Pictures from the generators that come with Triptych."""
