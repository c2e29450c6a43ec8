"""psycopg_pool: one pool that all threads share."""
PACKAGES = ["psycopg_pool", "psycopg"]
THREADS = True
LONG = 1e6  # seconds: the pool knows no wait without an end


def server_clock(url):
    import psycopg

    with psycopg.connect(url) as connection:
        return compare_clocks(lambda: stamps(connection.execute(STATEMENT.format("0")).fetchone())[1])  # noqa: F821


class Client:
    def __init__(self, settings):
        import psycopg_pool

        most = settings.get("max_size") or 4
        timeout = settings.get("timeout") or LONG
        self.settings = settings
        self.pool = psycopg_pool.ConnectionPool(
            settings["urls"][0], min_size=min(4, most), max_size=most, timeout=timeout, open=True
        )
        self.pool.wait()
        self.read_back = {"max_size": self.pool.max_size, "timeout": None if timeout == LONG else self.pool.timeout}

    def send(self, url, number):
        with self.pool.connection() as connection:
            row = connection.execute(STATEMENT.format("%s"), [time_of(self.settings, number)])  # noqa: F821
            return stamps(row.fetchone())  # noqa: F821

    def close(self):
        self.pool.close()


def open_client(settings):
    return Client(settings)
