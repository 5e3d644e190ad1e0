"""What the installed command starts: it ends quietly and cleanly on a signal to stop.

Only this module is imported before the signals are in hand; the rest, NumPy among it, takes half
a second or more. Worker processes import it too and keep their signals: `main` is not run there.
"""

from __future__ import annotations

import atexit
import os
import sys

try:
    import signal
    from threading import Thread
    from types import FrameType
except KeyboardInterrupt:  # not yet in hand
    os._exit(130)

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A library may swallow what stops it, as an import that it can do without: it is stopped again.
AGAIN_S = 0.2


class Stop:
    """Handler of signals: makes the program unwind, so that temporary files and workers go.

    Parameters
    ----------
    number : of the signal that came first; None before.
    """

    def __init__(self) -> None:
        self.number: int | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raises SystemExit with 128 + the signal's number, unless one of these unwinds already.

        Where it does not raise, the timer tries again.
        """
        if self.number is None:
            self.number = number
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S, AGAIN_S)
        while frame is not None:
            # SciPy's threads work on arrays of the caller that joins them: it must not go first.
            if frame.f_code is Thread.join.__code__:
                return
            frame = frame.f_back
        handled = sys.exc_info()[1]
        while handled is not None:
            if isinstance(handled, SystemExit):
                return
            handled = handled.__context__
        raise SystemExit(128 + self.number)

    def ignore(self) -> None:
        """Ignores later signals: the interpreter's last steps put back the action that kills.

        Where none came before, the exit code is that of the program and they act as ever.
        """
        if self.number is not None:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)

    def unraisable(self, what: sys.UnraisableHookArgs) -> None:
        """Says what a finaliser raised, as Python does, unless it was this."""
        if self.number is None:
            sys.__unraisablehook__(what)


def main() -> None:
    """Runs the command line; exit code 128 + the signal's number where one stops it."""
    stop = Stop()
    atexit.register(stop.ignore)  # first in, so last to run
    sys.unraisablehook = stop.unraisable
    # What is ignored stays so, as nohup has it.
    mine = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in (*mine, signal.SIGALRM):
        signal.signal(number, stop)
    try:
        from splatsieve.cli import main as run

        run()
    except BaseException:
        # Extension modules make an ImportError of what stops their import.
        if stop.number is not None:
            sys.exit(128 + stop.number)
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number in mine:  # all is put away: what comes now ends at once
            signal.signal(number, lambda number, _: os._exit(128 + number))
