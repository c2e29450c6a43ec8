"""What the pools for PostgreSQL have in common: the statement that takes its time and says when, and the server's clock."""
SERVER = True
STATEMENT = "SELECT pg_backend_pid(), %(now)s, pg_sleep({})::text, %(now)s" % {
    "now": "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
}
# No file of the user's own is read.
os.environ.update(PGPASSFILE=os.devnull, PGSERVICEFILE=os.devnull, PGSYSCONFDIR=os.devnull)  # noqa: F821


def open_server(url):
    if not url:
        raise ValueError("a PostgreSQL of this machine is needed: name one with --server postgresql://…")
    return on_this_machine(url)  # noqa: F821


def stamps(row):
    """The connection, and when the server began and ended, from the statement's row."""
    return row[0], of_day(row[1] * 1000), of_day(row[3] * 1000)  # noqa: F821


def time_of(settings, number):
    return settings["times"][number] if number < len(settings["times"]) else 0.0
