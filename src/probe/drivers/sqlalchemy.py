"""SQLAlchemy: one engine that all threads share, with size and overflow as one size."""
import importlib.util

DRIVER = next((name for name in ("psycopg", "psycopg2", "pg8000") if importlib.util.find_spec(name)), "psycopg")
PACKAGES = ["sqlalchemy"]
THREADS = True


def engine_of(url, **more):
    import sqlalchemy

    made = sqlalchemy.engine.make_url(url).set(drivername="postgresql+" + DRIVER)
    return sqlalchemy.create_engine(made, **more)


def ask(connection, seconds):
    import sqlalchemy

    return stamps(connection.execute(sqlalchemy.text(STATEMENT.format(":seconds")), {"seconds": seconds}).fetchone())  # noqa: F821


def server_clock(url):
    engine = engine_of(url, pool_size=1)
    try:
        with engine.connect() as connection:
            return compare_clocks(lambda: ask(connection, 0.0)[1])  # noqa: F821
    finally:
        engine.dispose()


class Client:
    def __init__(self, settings):
        self.settings = settings
        size = settings.get("pool_size") or 0
        self.engine = engine_of(settings["urls"][0], pool_size=size, max_overflow=0, pool_timeout=settings.get("pool_timeout"))
        self.read_back = {"pool_size": self.engine.pool.size() or None, "pool_timeout": self.engine.pool._timeout}

    def send(self, url, number):
        with self.engine.connect() as connection:
            return ask(connection, time_of(self.settings, number))  # noqa: F821

    def close(self):
        self.engine.dispose()


def open_client(settings):
    return Client(settings)
