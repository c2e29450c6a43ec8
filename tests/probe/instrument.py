"""Workers through one aiohttp session, with what aiohttp itself tells about the wait for a connection. One JSON line for all requests."""
import asyncio
import json
import sys
import time

import aiohttp


def now():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


async def main(url, workers, rounds, limit):
    trace, seen = aiohttp.TraceConfig(), {}

    def on(signal, note):
        async def hear(session, context, parameters):
            note(context.trace_request_ctx)

        signal.append(hear)

    on(trace.on_connection_queued_start, lambda number: seen[number]["queued"].append(now()))
    on(trace.on_connection_queued_end, lambda number: seen[number]["freed"].append(now()))
    on(trace.on_request_headers_sent, lambda number: seen[number].update(sent=now()))
    connector = aiohttp.TCPConnector(limit_per_host=limit)
    async with aiohttp.ClientSession(connector=connector, trace_configs=[trace]) as session:

        async def worker(which):
            for turn in range(rounds):
                number = which * rounds + turn
                seen[number] = {"start": now(), "queued": [], "freed": []}
                async with session.get("%s/r/%d" % (url, number), trace_request_ctx=number) as answer:
                    await answer.read()

        await asyncio.gather(*(worker(which) for which in range(workers)))
    print(json.dumps(seen))


asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
