"""asyncpg: one pool."""
PACKAGES = ["asyncpg"]
THREADS = False


def server_clock(url):
    import asyncio

    import asyncpg

    async def read():
        connection = await asyncpg.connect(url)
        loop = asyncio.get_running_loop()

        def ask():
            future = asyncio.run_coroutine_threadsafe(connection.fetchrow(STATEMENT.format("0")), loop)  # noqa: F821
            return stamps(future.result())[1]  # noqa: F821

        try:
            return await loop.run_in_executor(None, compare_clocks, ask)  # noqa: F821
        finally:
            await connection.close()

    return asyncio.run(read())


class Client:
    def __init__(self, settings, pool):
        self.settings, self.pool = settings, pool
        self.read_back = {"max_size": pool._maxsize}

    async def send(self, url, number):
        async with self.pool.acquire() as connection:
            return stamps(await connection.fetchrow(STATEMENT.format("$1::float8"), time_of(self.settings, number)))  # noqa: F821

    async def close(self):
        await self.pool.close()


async def open_client(settings):
    import asyncpg

    most = settings.get("max_size") or 10
    return Client(settings, await asyncpg.create_pool(settings["urls"][0], min_size=min(10, most), max_size=most))
