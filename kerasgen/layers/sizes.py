"""How often the sides of an image or of a volume can be halved."""


def halvings(*sides, least=4):
    """Returns how often all sides are halved without a rest.

    Args:
        *sides: ints.
        least: int. The shortest side ends at least so long: at 4 to 7 if it allows.
    """
    count = 0
    while all(side % 2 == 0 for side in sides) and min(sides) >= 2 * least:
        sides, count = [side // 2 for side in sides], count + 1
    return count
