"""Where tickets live. Only this package imports SQLAlchemy."""
