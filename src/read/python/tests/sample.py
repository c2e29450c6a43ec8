"""A bit of everything, for the tests of the front end."""
import asyncio, os.path as path; from star import *
from .settings import LIMIT as limit
from typing import (
    TYPE_CHECKING,
)

if TYPE_CHECKING:
    from a.b import C
elif limit > 3:
    C = None
else:
    C: "type" = object

TIMEOUT: float = 1_0.5e0 if limit else None
GRÖSSE = {"a": 1, **path, 'b': [x async for x in y() if x]}

# A comment between blocks
@decorator(limit=30)
class Client(Base, metaclass=Meta):
    # before the first statement
    retries = 3

    def __init__(self, session=None, *args, limit: int = 10, **options):
        self.session = session or make(limit)
        self._sem, (self.a, *self.b) = asyncio.Semaphore(limit), options

    # a comment between methods
    async def fetch(self, url, /):
        async with self._sem, self.session.get(f"{self.base!r}/{url:>{limit}}", timeout=TIMEOUT) as response:
            try:
                return await response.json()
            except (ValueError, KeyError) as error:
                raise Failure(url) from error
            finally:
                count += 1

    @property
    def size(self): return len(self.b)


async def main(urls):
    """Text with 'quotes', # and "more"."""
    global total
    client = Client(limit=0x1F)
    results = await asyncio.gather(*(client.fetch(u) for u in urls), return_exceptions=True)
    for i, result in enumerate(results):
        while not (done := result.done()) and i < 3 <= 4:
            await asyncio.sleep(.5)
        else:
            print(result, file=log)
    match results:
        case [first, *rest] if rest:
            yield first
        case {"key": value} | value:
            del value
        case _:
            pass
    return lambda a, b=2: a ** -b \
        + 1


if __name__ == "__main__":
    asyncio.run(main(['x', "y" 'z', b"\x00", r'\d', '''triple
# no comment
''']))
