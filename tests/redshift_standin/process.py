"""The stand-in's process: pickled requests on stdin, answers on stdout; the end of stdin ends it."""

import asyncio
import os
import pickle
import sys
import threading
from typing import BinaryIO

from redshift_standin.service import Service


def main() -> None:
    """Serve until stdin ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    service = Service(pickle.load(sys.stdin.buffer))
    asyncio.run(_serve(service, answers))


async def _serve(service: Service, answers: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    port = await service.listen()

    def listen() -> None:
        answer: object = port
        while True:
            pickle.dump(answer, answers)
            answers.flush()
            try:
                name, *arguments = pickle.load(sys.stdin.buffer)
            except EOFError:
                loop.call_soon_threadsafe(ended.set)
                return
            answer = getattr(service.faults, name)(*arguments)

    threading.Thread(target=listen, name="requests", daemon=True).start()
    await ended.wait()


if __name__ == "__main__":
    main()
