"""A process is forked only while nothing is under way in it."""

from __future__ import annotations

import os
import threading
import unittest

from rootwatch_lab.state import Activity, Busy, Work


def exit_code(process: int) -> int:
    """How a child ended."""
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


class Forks(unittest.TestCase):
    """Forks of this process itself."""

    def test_what_does_not_end_is_named(self) -> None:
        activity = Activity()
        with activity.of("sqs ReceiveMessage"), self.assertRaisesRegex(Busy, "sqs ReceiveMessage"):
            activity.fork(0.01)
        self.assertEqual(activity.names(), [])

    def test_what_ends_is_waited_for(self) -> None:
        activity, begun, may_end = Activity(), threading.Event(), threading.Event()
        done: list[str] = []

        def work() -> None:
            with activity.of("work"):
                begun.set()
                may_end.wait()
                done.append("work")

        thread = threading.Thread(target=work)
        thread.start()
        begun.wait()
        # It can end only after the fork has begun to wait, or before: either way it is done.
        threading.Timer(0.05, may_end.set).start()
        child = activity.fork(10)
        if child == 0:
            os._exit(0 if done == ["work"] and activity.names() == [] else 1)
        thread.join()
        self.assertEqual(exit_code(child), 0)

    def test_what_is_planned_happens_in_both(self) -> None:
        work, happened = Work("work", 2), threading.Event()
        work.after(0.05, happened.set)
        child = os.fork()
        work.begin()
        ended = happened.wait(10)
        if child == 0:
            os._exit(0 if ended else 1)
        self.assertTrue(ended)
        self.assertEqual(exit_code(child), 0)


if __name__ == "__main__":
    unittest.main()
