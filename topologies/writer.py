"""One thread that writes, in order, what the pipeline hands it; the pipeline goes on meanwhile."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

_Job = Callable[[], None]


class Writer:
    """A bounded queue of jobs: when the sink is slower, the pipeline waits instead of growing."""

    def __init__(self, waiting: int = 2) -> None:
        self._jobs: queue.Queue[_Job | None] = queue.Queue(waiting)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def put(self, job: _Job) -> None:
        """Hand over a job. Raises what an earlier one raised."""
        self._raise()
        self._jobs.put(job)

    def drain(self) -> None:
        """Wait until everything handed over is done. Raises what a job raised."""
        self._jobs.join()
        self._raise()

    def close(self) -> None:
        """Finish the jobs that wait, end the thread. Never raises: call `drain` for errors."""
        self._jobs.put(None)
        self._thread.join()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                if job is None:
                    return
                if self._error is None:  # after an error nothing more may be committed
                    job()
            except BaseException as error:
                self._error = error
            finally:
                self._jobs.task_done()
