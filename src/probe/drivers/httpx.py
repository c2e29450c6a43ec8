"""httpx and its successor: one asynchronous client."""
PACKAGES = [LIBRARY] + {"httpx": ["httpcore"], "httpx2": ["httpcore2"]}[LIBRARY]  # noqa: F821
THREADS = False


def limits_and_time_outs(module, settings):
    limits = module.Limits(
        max_connections=settings.get("max_connections"), max_keepalive_connections=settings.get("max_keepalive_connections")
    )
    names = {"connect": "connect_timeout", "read": "read_timeout", "write": "write_timeout", "pool": "pool_timeout"}
    return limits, module.Timeout(**{ours: settings.get(theirs) for ours, theirs in names.items()})


class Client:
    def __init__(self, settings):
        module = __import__(LIBRARY)  # noqa: F821
        limits, time_outs = limits_and_time_outs(module, settings)
        self.client = module.AsyncClient(limits=limits, timeout=time_outs, trust_env=False)
        pool = getattr(getattr(self.client, "_transport", None), "_pool", None)
        read = {"max_connections": "_max_connections", "max_keepalive_connections": "_max_keepalive_connections"}
        found = {name: getattr(pool, theirs, None) for name, theirs in read.items()}
        self.read_back = {name: None if value == sys.maxsize else value for name, value in found.items()}  # noqa: F821
        # A cap above the limit caps nothing, and is kept as the limit.
        idle, most = settings.get("max_keepalive_connections"), self.read_back["max_connections"]
        if most is not None and self.read_back["max_keepalive_connections"] == most and (idle is None or idle >= most):
            self.read_back["max_keepalive_connections"] = idle

    async def send(self, url, number):
        answer = await self.client.get("%s/r/%d" % (url, number))
        if answer.status_code != 200:
            raise Refused(answer.status_code)  # noqa: F821

    async def close(self):
        await self.client.aclose()


async def open_client(settings):
    return Client(settings)
