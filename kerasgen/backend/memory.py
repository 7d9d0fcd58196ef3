"""Whether data fit into memory, before it is taken."""

import os


def check_memory(name, size, remedy):
    """Raises ValueError if so many bytes are more than the machine has free.

    Args:
        name: str, what is to be held, for the message.
        size: int. Bytes.
        remedy: str, what to do instead.
    """
    free = free_memory()
    if free is not None and size > free:
        raise ValueError(
            f"{name} must fit into memory, of which {free / 2**30:.1f} GiB are free; "
            f"{remedy}. Received: {size / 2**30:.1f} GiB"
        )


def free_memory():
    """Returns the bytes that a process may still take, or None where unknown."""
    try:
        with open("/proc/meminfo") as file:
            rows = dict(line.split(":", 1) for line in file)
        return int(rows["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows
        return None
