"""Many who ask at once: few are answered at a time, in order, and the others are told at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Iterator

import anyio
import openai
import pytest
from openai import OpenAI
from starlette.applications import Starlette
from starlette.testclient import TestClient

from rag.assistant import Assistant
from ui.server.completions import completion_routes
from ui.server.libraries import Libraries
from ui.server.rate import Rate
from ui.server.turns import Busy, Line, Turns


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Libraries]:
    with Assistant.open(tmp_path_factory.mktemp("empty"), starter=False) as assistant:
        yield Libraries({"empty": assistant})


def test_questions_are_answered_in_the_order_of_asking_and_few_at_a_time() -> None:
    line, done, at_once = Line(2), [], []

    async def ask(number: int) -> None:
        async with line.turn():
            at_once.append(2 - line._turns._value)
            await asyncio.sleep(0.001)
            done.append(number)

    async def all_of_them() -> None:
        await asyncio.gather(*(ask(number) for number in range(9)))

    asyncio.run(all_of_them())
    assert done == list(range(9))
    assert max(at_once) == 2


def test_who_would_wait_long_is_told_at_once_and_each_another_time() -> None:
    now = 100.0
    line = Line(1, clock=lambda: now)
    line._takes = 0.5

    async def ask(end: asyncio.Event) -> int | None:
        try:
            async with line.turn():
                await end.wait()
        except Busy as busy:
            return busy.seconds
        return None

    async def all_of_them() -> list[int | None]:
        end = asyncio.Event()
        asking = [asyncio.create_task(ask(end)) for _ in range(9)]
        told = {task for task in asking if task in (await asyncio.wait(asking, timeout=0.05))[0]}
        assert len(told) == 6  # one is answered, two wait their second
        end.set()
        return [await task for task in asking]

    assert asyncio.run(all_of_them()) == [None, None, None, 2, 3, 3, 4, 4, 5]
    assert line._here == 0


def test_who_goes_away_leaves_no_gap() -> None:
    line = Line(1)

    async def come_and_go() -> None:
        async with line.turn():
            waiting = asyncio.create_task(anyio.to_thread.run_sync(lambda: None))
            asking = asyncio.create_task(enter())
            await waiting
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        async with asyncio.timeout(5), line.turn():
            assert line._here == 1

    async def enter() -> None:
        async with line.turn():
            raise AssertionError("somebody else has the only turn")

    asyncio.run(come_and_go())


def test_openai_s_client_is_told_when_to_come_back(libraries: Libraries) -> None:
    turns = Turns(quoted=1)
    turns._quoted._here = 100
    app = TestClient(Starlette(routes=completion_routes(libraries, Rate(), turns)))
    asking = OpenAI(
        base_url="http://testserver/v1", api_key="none", max_retries=0, http_client=app
    ).chat.completions
    for stream in (False, True):
        with pytest.raises(
            openai.InternalServerError, match="many are asking .* try again in 2. s"
        ) as busy:
            asking.create(  # type: ignore[call-overload]
                model="askpapers", messages=[{"role": "user", "content": "Why?"}], stream=stream
            )
        assert busy.value.response.headers["retry-after"] in ("20", "21")


def test_health_answers_while_every_thread_is_taken(libraries: Libraries) -> None:
    from ui.server.serve import _health  # and with it Gradio, which takes seconds

    end = threading.Event()

    async def look() -> bytes:
        threads = anyio.to_thread.current_default_thread_limiter().total_tokens
        taken = [
            asyncio.create_task(anyio.to_thread.run_sync(end.wait)) for _ in range(int(threads) + 1)
        ]
        try:
            async with asyncio.timeout(60):
                answer = await _health(libraries)(None)  # type: ignore[arg-type]
        finally:
            end.set()
            await asyncio.gather(*taken)
        return bytes(answer.body)

    assert b'"status":"ok"' in asyncio.run(look())


def test_who_stops_an_answer_while_it_is_worked_on_is_gone_without_a_fault(
    libraries: Libraries,
) -> None:
    working, go, ended = (threading.Event() for _ in range(3))

    def pieces() -> Generator[str]:
        try:
            working.set()
            go.wait(60)
            yield "a piece"
        finally:
            ended.set()

    async def listen() -> None:
        async for _ in Turns().growing(libraries.first, pieces):
            pass

    async def stop() -> None:
        listening = asyncio.create_task(listen())
        await asyncio.to_thread(working.wait, 60)
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        go.set()
        await asyncio.to_thread(ended.wait, 60)

    asyncio.run(stop())
    assert ended.is_set()
