"""How often the sides of an image can be halved."""


def halvings(height, width):
    """Returns how often both sides are halved without a rest, down to 4 to 7."""
    count = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) >= 8:
        height, width, count = height // 2, width // 2, count + 1
    return count
