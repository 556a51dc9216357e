"""Times and numbers as sentences have them, those that decide and those of a screen."""


def duration(milliseconds: float) -> str:
    """0:31, 12:04, 1:02:33."""
    seconds = max(0, round(milliseconds / 1000))
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def count(number: int, noun: str) -> str:
    """1 guest, 2 guests."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
