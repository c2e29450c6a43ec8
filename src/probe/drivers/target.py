"""Imports one module of the user's own, calls a factory in it, and says how the clients that it gives are set. Sends nothing.

Stands behind the runner, of which it uses the guards and the output. Files are not guarded: what the module does when it is
imported, it does.
"""
import importlib
import inspect

MOST = 20  # clients that are told
DEEP = 4  # steps from what the factory gives to a client


def numbers(source, **names):
    """The attributes of an object by the catalog's names; what is not there is left out."""
    found = {ours: getattr(source, theirs, numbers) for ours, theirs in names.items()}
    return {name: value for name, value in found.items() if value is None or isinstance(value, (bool, int, float))}


def unlimited(found, *values):
    """None for the values that the library takes as no limit."""
    return {name: None if value in values and not isinstance(value, bool) else value for name, value in found.items()}


def of_connector(connector):
    limits = unlimited(numbers(connector, limit="_limit", limit_per_host="_limit_per_host"), 0)
    return {**limits, **numbers(connector, keepalive_timeout="_keepalive_timeout", force_close="_force_close")}


def of_session(session):
    time_outs = numbers(session.timeout, total="total", connect="connect", sock_connect="sock_connect", sock_read="sock_read")
    return {**of_connector(session.connector), **unlimited(time_outs, 0)}


def of_httpcore(pool):
    names = {"max_connections": "_max_connections", "max_keepalive_connections": "_max_keepalive_connections"}
    limits = numbers(pool, keepalive_expiry="_keepalive_expiry", http2="_http2", **names)
    return unlimited(limits, sys.maxsize)  # noqa: F821


def of_httpx(client):
    names = {"pool_timeout": "pool", "connect_timeout": "connect", "read_timeout": "read", "write_timeout": "write"}
    return {**of_transport(getattr(client, "_transport", None)), **numbers(client.timeout, **names)}


def of_transport(transport):
    return of_httpcore(getattr(transport, "_pool", None))


def of_sdk(client):
    found = of_httpx(client._client)
    names = {"pool_timeout": "pool", "connect_timeout": "connect", "read_timeout": "read", "write_timeout": "write"}
    whole = isinstance(client.timeout, (int, float))
    # The SDK's own time-out goes along with each request and takes the place of its HTTP client's.
    return {**found, **({name: client.timeout for name in names} if whole else numbers(client.timeout, **names))}


def of_requests(session):
    return of_adapter(session.get_adapter("https://host/"))


def adapters_of(client, births):
    """The adapters that the user's own files made for a session, each once; none where it has the default ones only."""
    if not any(one.__name__ == "Session" and one.__module__.split(".")[0] == "requests" for one in type(client).__mro__):
        return []
    own = births.of(client)
    adapters = list({id(one): one for one in client.adapters.values()}.values())
    return [one for one in adapters if reader_of(one) and births.of(one) and births.of(one) != own]


def of_adapter(adapter):
    return numbers(adapter, pool_maxsize="_pool_maxsize", pool_connections="_pool_connections", pool_block="_pool_block")


def of_manager(manager):
    given = manager.connection_pool_kw
    return {"maxsize": given.get("maxsize", 1), "block": bool(given.get("block", False)), "num_pools": manager.pools._maxsize}


def of_aws(client):
    names = ("max_pool_connections", "connect_timeout", "read_timeout")
    return numbers(client.meta.config, **{name: name for name in names})


def of_engine(engine):
    pool = getattr(engine, "sync_engine", engine).pool
    found = numbers(pool, max_overflow="_max_overflow", pool_timeout="_timeout", pool_recycle="_recycle")
    size = getattr(getattr(pool, "_pool", None), "maxsize", None)
    return {"pool_size": None if size == 0 else size, **found} if size is not None else {}


def of_redis(client):
    return of_redis_pool(client.connection_pool)


def of_redis_pool(pool):
    waits = any(one.__name__ == "BlockingConnectionPool" for one in type(pool).__mro__)
    return numbers(pool, max_connections="max_connections", **({"timeout": "timeout"} if waits else {}))


def of_asyncpg(pool):
    lifetime = {"max_inactive_connection_lifetime": "_max_inactive_connection_lifetime"}
    return numbers(pool, max_size="_maxsize", min_size="_minsize", **lifetime)


def of_psycopg(pool):
    found = numbers(pool, max_size="max_size", min_size="min_size", timeout="timeout", max_waiting="max_waiting")
    return {**found, "max_size": found.get("max_size", found.get("min_size"))}


# The classes that are known, by the packages that define them, and what stands below the outer object.
READERS = {
    "aiohttp": {"ClientSession": of_session, "BaseConnector": of_connector},
    "httpx": {
        **dict.fromkeys(("Client", "AsyncClient"), of_httpx),
        **dict.fromkeys(("HTTPTransport", "AsyncHTTPTransport"), of_transport),
    },
    "openai": dict.fromkeys(("OpenAI", "AsyncOpenAI"), of_sdk),
    "anthropic": dict.fromkeys(("Anthropic", "AsyncAnthropic"), of_sdk),
    "requests": {"Session": of_requests, "HTTPAdapter": of_adapter},
    "urllib3": {"PoolManager": of_manager},
    "botocore": {"BaseClient": of_aws},
    "sqlalchemy": dict.fromkeys(("Engine", "AsyncEngine"), of_engine),
    "redis": {"Redis": of_redis, "ConnectionPool": of_redis_pool},
    "asyncpg": {"Pool": of_asyncpg},
    "psycopg_pool": dict.fromkeys(("ConnectionPool", "AsyncConnectionPool"), of_psycopg),
}
READERS["httpx2"] = READERS["httpx"]


def reader_of(thing):
    """The library of an object, the class by which it is known, and what reads it; None for any other object."""
    for one in type(thing).__mro__:
        library = one.__module__.split(".")[0]
        reader = READERS.get(library, {}).get(one.__name__)
        if reader:
            return library, one.__name__, reader
    return None


def parts_of(thing):
    """What an object consists of, as far as clients are kept there."""
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, (list, tuple, set, frozenset)):
        return list(thing)
    if inspect.isfunction(thing):
        cells = [cell for cell in thing.__closure__ or () if cell_is_full(cell)]
        return [cell.cell_contents for cell in cells]
    if inspect.ismethod(thing):
        return [thing.__self__]
    if isinstance(thing, type) or inspect.ismodule(thing):
        return []
    try:
        held = list(vars(thing).values())
    except TypeError:
        held = []
    return held + [getattr(thing, name, None) for name in getattr(type(thing), "__slots__", ()) if isinstance(name, str)]


def cell_is_full(cell):
    try:
        cell.cell_contents
    except ValueError:
        return False
    return True


def clients_in(made):
    """The clients of known libraries in what was made, outer ones first."""
    level, seen, found = [made], {id(made)}, []
    for _ in range(DEEP):
        inner = []
        for thing in level:
            if reader_of(thing):
                found.append(thing)
                continue
            for part in parts_of(thing):
                if id(part) not in seen:
                    seen.add(id(part))
                    inner.append(part)
        level = inner[:1000]
    return found[:MOST]


class Births:
    """Where in the user's own files the objects of client libraries were made."""

    def __init__(self, root):
        self.root, self.sites = root, {}

    def watch(self, frame, event, _):
        if event != "call" or frame.f_code.co_name != "__init__":
            return
        if str(frame.f_globals.get("__name__", "")).split(".")[0] not in READERS:
            return
        made = frame.f_locals.get("self")
        while frame is not None and not inside(frame.f_code.co_filename, self.root):
            if frame.f_code.co_name == "<module>":
                return  # what a library makes when it is imported is made at no line of the user's
            frame = frame.f_back
        if frame is not None:
            # The object is kept, or another one could get its number.
            self.sites.setdefault(id(made), (made, frame.f_code.co_filename, frame.f_lineno))

    def of(self, client):
        held = [client] + [getattr(client, name, None) for name in ("connector", "_connector", "_client", "_transport", "connection_pool", "pool")]
        sites = [self.sites[id(one)][1:] for one in held if id(one) in self.sites]
        return [list(site) for site in dict.fromkeys(sites)]


def inside(file, root):
    return os.path.realpath(file).startswith(root + os.sep) and "site-packages" not in file  # noqa: F821


def forbid_programs():
    """A program that is started would not be held to loopback."""
    refused = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile")

    def hook(event, _):
        if event in refused:
            raise PermissionError(f"the probe lets the module start no programs ({event})")

    sys.addaudithook(hook)  # noqa: F821
    # `multiprocessing` goes by no event on its way to a new program.
    try:
        import _posixsubprocess
    except ImportError:
        return

    def refuse(*_):
        raise PermissionError("the probe lets the module start no programs (fork_exec)")

    _posixsubprocess.fork_exec = refuse


def bring_loopback_up():
    """In a new network even loopback is down."""
    import fcntl
    import struct

    flags, up = 0x8914, 0x1 | 0x40
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:  # noqa: F821
        fcntl.ioctl(one, flags, struct.pack("16sh14x", b"lo", up))


async def made_by(factory):
    """What a factory gives, whether it is called, awaited or entered."""
    made = factory
    if inspect.isclass(made) or inspect.isroutine(made) or (callable(made) and not clients_in(made)):
        made = made()
    if inspect.isawaitable(made) and not reader_of(made):
        made = await made
    if inspect.isasyncgen(made):
        return made, await made.__anext__()
    if inspect.isgenerator(made):
        return made, next(made)
    if not clients_in(made) and hasattr(made, "__aenter__"):
        return made, await made.__aenter__()
    if inspect.isgenerator(getattr(made, "gen", None)) and hasattr(made, "__enter__"):
        return made, made.__enter__()
    if inspect.isasyncgen(getattr(made, "gen", None)) and hasattr(made, "__aenter__"):
        return made, await made.__aenter__()
    return made, made


def version_of(library):
    try:
        return importlib.metadata.version("psycopg-pool" if library == "psycopg_pool" else library)
    except importlib.metadata.PackageNotFoundError:
        return None


def tell(client, births):
    library, kind, reader = reader_of(client)
    return {"kind": f"{library}.{kind}", "library": library, "version": version_of(library), "settings": reader(client), "made": births.of(client)}


def where(error, root):
    """The last line of the user's own files in an error's trace."""
    trace, last = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if inside(file, root):
            last = " at %s:%d" % (os.path.relpath(os.path.realpath(file), root), trace.tb_lineno)  # noqa: F821
        trace = trace.tb_next
    return last


def main(job):  # noqa: F811
    import asyncio

    end_with_the_probe()  # noqa: F821
    if job["alone"]:
        bring_loopback_up()
    allow_loopback_only()  # noqa: F821
    forbid_programs()
    root = os.path.realpath(job["root"])  # noqa: F821
    births = Births(root)
    # Nothing is written beside the user's files, and what is installed comes before what lies there.
    sys.dont_write_bytecode = True  # noqa: F821
    sys.path.append(root)  # noqa: F821
    sys.argv = [job["module"]]  # noqa: F821
    os.environ.update(job["environment"])  # noqa: F821
    try:
        sys.setprofile(births.watch)  # noqa: F821
        module = importlib.import_module(job["module"])
        file = getattr(module, "__file__", None) or ""
        if not inside(file, root):
            fail("target", "%s is %s, which is not below %s" % (job["module"], file or "no file", root))  # noqa: F821
        factory = module
        for name in job["name"].split("."):
            factory = getattr(factory, name)

        async def run():
            _, made = await made_by(factory)
            sys.setprofile(None)  # noqa: F821
            clients = clients_in(made)
            if not clients:
                fail("target", "what it gives is a %s, and no client of a known library is in it" % type(made).__name__)  # noqa: F821
            # Told while the loop runs, for some objects answer only then; whatever the module started ends with the process.
            found = [tell(part, births) for client in clients for part in adapters_of(client, births) or [client]]
            say("target", {"runtime": "Python %d.%d.%d" % sys.version_info[:3], "file": os.path.realpath(file), "clients": found})  # noqa: F821
            OUT.close()  # noqa: F821
            os._exit(0)  # noqa: F821

        asyncio.run(run())
    except BaseException as error:
        sys.setprofile(None)  # noqa: F821
        fail("target", "%s%s: %s" % (type(error).__name__, where(error, root), error))  # noqa: F821
