"""redis: one client that all threads share, on a pool that raises or one that waits, against a real Redis."""
PACKAGES = ["redis"]
THREADS = True
SERVER = True
PATIENCE = 10  # seconds until a server that was started answers


def open_server(url):
    """The one that was named; else one of our own, in our process group, which ends with it."""
    import redis

    if url:
        return on_this_machine(url)  # noqa: F821
    import shutil
    import subprocess
    import tempfile

    program = shutil.which("redis-server")
    if not program:
        raise FileNotFoundError("there is no redis-server on the path: install it, or name a server of this machine with --server")
    with socket.socket() as free:  # noqa: F821
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tempfile.gettempdir()]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([program, *options], **quiet)
    STARTED.append(server)  # noqa: F821
    begin = time.monotonic()  # noqa: F821
    while True:
        try:
            with redis.Redis(port=port) as client:
                client.ping()
            return "redis://127.0.0.1:%d/0" % port
        except redis.exceptions.ConnectionError:
            if server.poll() is not None or time.monotonic() - begin > PATIENCE:  # noqa: F821
                raise
            time.sleep(0.01)  # noqa: F821


def moment(stamp):
    seconds, microseconds = stamp
    return of_day((seconds * 1_000_000 + microseconds) * 1000)  # noqa: F821


def server_clock(url):
    import redis

    with redis.Redis.from_url(url) as client:
        return compare_clocks(lambda: moment(client.time()))  # noqa: F821


class Client:
    def __init__(self, settings):
        import redis

        self.times = settings["times"]
        waits = "timeout" in settings
        kind = redis.BlockingConnectionPool if waits else redis.ConnectionPool
        more = {"timeout": settings["timeout"]} if waits else {}
        most = settings.get("max_connections") or 2**31
        self.pool = kind.from_url(settings["urls"][0], max_connections=most, **more)
        self.client = redis.Redis(connection_pool=self.pool)
        self.read_back = {"max_connections": self.pool.max_connections, **({"timeout": self.pool.timeout} if waits else {})}

    def send(self, url, number):
        # A connection is held as long as a blocking command would take: Redis itself ends those only some ten times a second.
        with self.client.client() as held:
            came, connection = held.time(), held.client_id()
            if number < len(self.times):
                time.sleep(self.times[number])  # noqa: F821
            return connection, moment(came), moment(held.time())

    def close(self):
        self.client.close()
        self.pool.disconnect()


def open_client(settings):
    return Client(settings)
