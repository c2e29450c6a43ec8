"""aiohttp: one session with a `TCPConnector` of its own."""
PACKAGES = ["aiohttp"]
THREADS = False


class Client:
    def __init__(self, settings):
        import aiohttp

        connector = aiohttp.TCPConnector(limit=settings.get("limit") or 0, limit_per_host=settings.get("limit_per_host") or 0)
        time_outs = {name: settings.get(name) for name in ("total", "connect", "sock_read")}
        self.session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(sock_connect=None, **time_outs), trust_env=False
        )
        self.read_back = {"limit": connector.limit or None, "limit_per_host": connector.limit_per_host or None}

    async def send(self, url, number):
        async with self.session.get("%s/r/%d" % (url, number)) as answer:
            if answer.status != 200:
                raise Refused(answer.status)  # noqa: F821
            await answer.read()

    async def close(self):
        await self.session.close()


async def open_client(settings):
    return Client(settings)
