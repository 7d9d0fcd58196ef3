"""How often the sides of an image can be halved."""


def halvings(height, width, least=4):
    """Returns how often both sides are halved without a rest.

    Args:
        height, width: int.
        least: int. The shorter side ends at least so long: at 4 to 7 if it allows.
    """
    count = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) >= 2 * least:
        height, width, count = height // 2, width // 2, count + 1
    return count
