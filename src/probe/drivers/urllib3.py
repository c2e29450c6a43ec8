"""urllib3: one pool manager that all threads share."""
PACKAGES = ["urllib3"]
THREADS = True


class Client:
    def __init__(self, settings):
        import urllib3

        self.read_back = None
        time_outs = urllib3.Timeout(connect=settings.get("connect_timeout"), read=settings.get("read_timeout"))
        block = bool(settings.get("block"))
        self.pools = urllib3.PoolManager(
            num_pools=64, maxsize=settings.get("maxsize") or 0, block=block, timeout=time_outs, retries=False
        )
        self.more = {"pool_timeout": settings["pool_timeout"]} if block and settings.get("pool_timeout") else {}

    def send(self, url, number):
        answer = self.pools.request("GET", "%s/r/%d" % (url, number), **self.more)
        if answer.status != 200:
            raise Refused(answer.status)  # noqa: F821

    def close(self):
        self.pools.clear()


def open_client(settings):
    return Client(settings)
