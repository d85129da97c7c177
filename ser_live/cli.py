"""The command line: ``ser-live [PATH…]``, ``analyze``, ``export``, ``listen``, ``devices``.

Exit status: 0 done, 1 something could not be done (said on stderr), 2 wrong usage, 130
interrupted.  Results go to stdout, everything else to stderr.  Heavy modules are imported when a
command needs them, so that ``--help`` is quick.
"""

from __future__ import annotations

import argparse
import difflib
import logging
import os
import signal
import sys
from collections.abc import Callable

from ser_live import __version__
from ser_live.errors import ConfigError, SerLiveError

COMMANDS = ("analyze", "export", "listen", "devices", "window")
#: As ser_live.export.formats has them, whose import costs time.
EXPORT_FORMATS = (
    "csv", "jsonl", "parquet", "audacity", "textgrid", "elan", "webvtt", "rttm", "summary",
    "html",
)  # fmt: skip


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--model", metavar="FILE", help="checkpoint (default: the shipped one)")
    common.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default="auto",
        help="where the model runs (default: auto)",
    )
    common.add_argument("-v", "--verbose", action="store_true", help="say more on stderr")
    return common


def _tuning() -> argparse.ArgumentParser:
    tuning = argparse.ArgumentParser(add_help=False)
    tuning.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.FIELD=VALUE",
        help="change how speech is found or when a result is unsure, e.g. "
        "segmenter.hangover=0.8 (repeatable)",
    )
    return tuning


def build_parser() -> argparse.ArgumentParser:
    """The argument parser."""
    parser = argparse.ArgumentParser(
        prog="ser-live",
        description="Emotion and vocal gender in speech, live. Without a command: the window.",
        epilog="It estimates perceived, acted emotion from sound alone. Tell the people you "
        "record. Not for use at work or in education in the EU (AI Act, Article 5(1)(f)).",
    )
    parser.add_argument("--version", action="version", version=f"ser-live {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    common, tuning = _common(), _tuning()

    window = commands.add_parser("window", parents=[common], help="open the window (the default)")
    window.add_argument("paths", nargs="*", metavar="PATH", help="sound, session files, folders")
    window.add_argument("--input", metavar="NAME|INDEX", help="input device")

    analyze = commands.add_parser("analyze", parents=[common, tuning], help="analyse sound files")
    analyze.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders of files")
    analyze.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    analyze.add_argument("-o", "--output", default="-", metavar="FILE", help="- for stdout")
    analyze.add_argument(
        "--segment",
        choices=("vad", "whole"),
        default="vad",
        help="vad: find utterances; whole: each file is one (default: vad)",
    )
    analyze.add_argument("-q", "--quiet", action="store_true", help="no progress")

    export = commands.add_parser(
        "export",
        parents=[common, tuning],
        help="sound or session files to another program's format, sound files to a session",
    )
    export.add_argument(
        "paths", nargs="+", metavar="PATH", help="sound files (analysed first) or session files"
    )
    export.add_argument("--to", required=True, choices=(*EXPORT_FORMATS, "session"))
    export.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="- for stdout (default: beside each PATH, named after it; a summary: stdout)",
    )
    export.add_argument(
        "--windows", action="store_true", help="audacity, webvtt: windows, not utterances"
    )
    export.add_argument("--force", action="store_true", help="replace files that are there")
    export.add_argument("--audio", action="store_true", help="--to session: the sound too")
    export.add_argument(
        "--segment", choices=("vad", "whole"), default="vad", help="as for analyze (default: vad)"
    )
    export.add_argument("-q", "--quiet", action="store_true", help="no progress")

    listen = commands.add_parser(
        "listen", parents=[common, tuning], help="live from the microphone, one JSON object a line"
    )
    listen.add_argument("--input", metavar="NAME|INDEX", help="input device")
    listen.add_argument(
        "--channel",
        type=_channel,
        metavar="N|mix",
        help="1: left, 2: right …; mix: the mean of all (the default)",
    )
    listen.add_argument("--duration", type=_positive, metavar="S", help="stop after S seconds")
    listen.add_argument("--record", metavar="FILE.serlive", help="keep the session in a file")
    listen.add_argument("--audio", action="store_true", help="with --record: the sound too")

    commands.add_parser("devices", parents=[common], help="list input devices")
    return parser


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return value


def _channel(text: str) -> int | None:
    if text == "mix":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is neither mix nor a channel from 1")
    return int(text)


def _arguments(argv: list[str]) -> list[str]:
    """Let ``ser-live``, ``ser-live FILE`` and ``ser-live --input X`` mean the window."""
    for word in argv:
        if word in COMMANDS or word in ("-h", "--help", "--version"):
            return argv
        if not word.startswith("-"):
            break
    return ["window", *argv]


def _meant(word: str) -> str | None:
    """The command that a word is a misspelling of, unless there is such a file."""
    if word.startswith("-") or os.path.exists(word):
        return None
    return next(iter(difflib.get_close_matches(word, COMMANDS, 1, 0.75)), None)


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    parser = build_parser()
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] not in COMMANDS and (meant := _meant(argv[0])):
        parser.error(f"{argv[0]!r} is neither a command nor a file; did you mean {meant!r}?")
    args = parser.parse_args(_arguments(argv))
    if args.command == "listen":
        if args.audio and not args.record:
            parser.error("listen --audio: only with --record FILE.serlive")
        if args.record and not args.record.endswith(".serlive"):
            parser.error("listen --record: the file's name must end in .serlive")
    if args.command == "export" and args.audio and args.to != "session":
        parser.error("export --audio: only with --to session")
    if settings := getattr(args, "set", None):
        from ser_live.config_override import parse_settings

        try:
            args.set = parse_settings(settings)
        except ConfigError as error:
            parser.error(f"--set {error}")
    logging.basicConfig(
        level=logging.INFO if args.verbose else logging.ERROR,
        format="ser-live: %(message)s",
        stream=sys.stderr,
    )
    handlers: dict[str, Callable[[argparse.Namespace], int]] = {
        "window": _window,
        "analyze": _analyze,
        "export": _export,
        "listen": _listen,
        "devices": _devices,
    }
    try:
        return handlers[args.command](args)
    except SerLiveError as error:
        print(f"ser-live: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("ser-live: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less …) has gone: not an error.  Keep Python from flushing again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except OSError as error:  # a full disk, say
        print(f"ser-live: {error.strerror or error}", file=sys.stderr)
        return 1


def _has_display() -> bool:
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _window(args: argparse.Namespace) -> int:
    if not _has_display():
        return _without_display(args)
    from ser_live.ui.app import run_window

    return run_window(args.paths, args.input, args.model, args.device)


def _without_display(args: argparse.Namespace) -> int:
    """No display: say so and analyse the files, or the demo clip, in the terminal."""
    from ser_live.asset_files import asset_path
    from ser_live.commands.summary import print_summaries

    paths = args.paths or [str(asset_path("demo.wav"))]
    what = f"{'' if args.paths else 'the demo clip '}{', '.join(paths)}"
    print(f"ser-live: no display, so no window; analysing {what} here", file=sys.stderr)
    return print_summaries(paths, args.model, args.device)


def _analyze(args: argparse.Namespace) -> int:
    from ser_live.commands.analyze import run_analyze

    return run_analyze(args)


def _export(args: argparse.Namespace) -> int:
    from ser_live.commands.export import run_export

    return run_export(args)


def _listen(args: argparse.Namespace) -> int:
    from ser_live.commands.listen import run_listen

    return run_listen(args)


def _devices(args: argparse.Namespace) -> int:
    from ser_live.commands.devices import run_devices

    return run_devices()
