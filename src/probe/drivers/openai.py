"""The SDKs of OpenAI and Anthropic: one asynchronous client for each host, all on one HTTP client with the limits in question."""
PACKAGES = [LIBRARY]  # noqa: F821
THREADS = False


class Client:
    def __init__(self, settings):
        module = __import__(LIBRARY)  # noqa: F821
        # Either stands on httpx or on its successor, by its version.
        made_from = [one for one in module.DefaultAsyncHttpxClient.__mro__ if one.__name__ == "AsyncClient"]
        http = sys.modules[made_from[0].__module__.split(".")[0]]  # noqa: F821
        limits = http.Limits(
            max_connections=settings.get("max_connections"), max_keepalive_connections=settings.get("max_keepalive_connections")
        )
        names = {"connect": "connect_timeout", "read": "read_timeout", "write": "write_timeout", "pool": "pool_timeout"}
        time_outs = http.Timeout(**{ours: settings.get(theirs) for ours, theirs in names.items()})
        self.http = http.AsyncClient(limits=limits, timeout=time_outs, trust_env=False)
        self.is_openai = LIBRARY == "openai"  # noqa: F821
        made, path = (module.AsyncOpenAI, "/v1") if self.is_openai else (module.AsyncAnthropic, "")
        self.clients = {
            url: made(api_key="probe", base_url=url + path, max_retries=0, timeout=time_outs, http_client=self.http)
            for url in settings["urls"]
        }
        self.read_back = None

    async def send(self, url, number):
        headers = {"X-Advisor-Id": str(number)}
        messages = [{"role": "user", "content": "?"}]
        if self.is_openai:
            await self.clients[url].chat.completions.create(model="mock", messages=messages, extra_headers=headers)
        else:
            await self.clients[url].messages.create(model="mock", max_tokens=1, messages=messages, extra_headers=headers)

    async def close(self):
        await self.http.aclose()


async def open_client(settings):
    return Client(settings)
