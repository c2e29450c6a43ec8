"""requests: one session that all threads share, with an adapter of its own."""
PACKAGES = ["requests", "urllib3"]
THREADS = True


class Client:
    def __init__(self, settings):
        import requests

        # One pool for each host is kept; the number of hosts is no matter of the size of a pool.
        adapter = requests.adapters.HTTPAdapter(
            pool_connections=64, pool_maxsize=settings.get("pool_maxsize") or 0, pool_block=bool(settings.get("pool_block"))
        )
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("http://", adapter)
        self.time_outs = (settings.get("connect_timeout"), settings.get("read_timeout"))
        self.read_back = {"pool_maxsize": adapter._pool_maxsize, "pool_block": adapter._pool_block}

    def send(self, url, number):
        answer = self.session.get("%s/r/%d" % (url, number), timeout=self.time_outs)
        if answer.status_code != 200:
            raise Refused(answer.status_code)  # noqa: F821

    def close(self):
        self.session.close()


def open_client(settings):
    return Client(settings)
