"""What tests share: the corpora, a virtual sound card, a display, speech that nobody spoke.

What a machine lacks is skipped with a reason.  ``SER_REQUIRE_AUDIO=1`` and
``SER_REQUIRE_DISPLAY=1`` (set by scripts/test.sh on Linux) turn those skips into failures, so that
a run that should have tested everything cannot pass by having tested nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import soundfile

REPOSITORY = Path(__file__).resolve().parent.parent

#: Fixtures whose use marks a test, so that ``-m "not audio_server"`` needs no mark by hand.
_MARKS = {"corpora": "corpora", "virtual_microphone": "audio_server", "display": "window"}

#: Fixtures of the tests with a window.
pytest_plugins = ["tests.ui_fixtures"]

_user_folders = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the user's settings out of reach, and Qt off a display that is not there."""
    folder = tempfile.mkdtemp(prefix="ser-live-user-")
    config.stash[_user_folders] = folder
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        path = Path(folder, variable.lower())
        path.mkdir()
        os.environ[variable] = str(path)
    # The notice on consent is not what most tests are about: for them it was accepted before.
    settings = Path(folder, "xdg_config_home", "ser-live", "ser-live.conf")
    settings.parent.mkdir()
    settings.write_text("[General]\nnotice=1000\n")
    if sys.platform == "linux" and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        # Qt ends the whole process when its xcb plugin finds no display.
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what :func:`pytest_configure` made."""
    if folder := config.stash.get(_user_folders, None):
        shutil.rmtree(folder, ignore_errors=True)


def _is_of(module: object, package: str) -> bool:
    """Whether something of a package was imported into a module."""
    for value in vars(module).values():
        name = getattr(value, "__module__", None) or getattr(value, "__name__", None)
        if isinstance(name, str) and name.split(".")[0] == package:
            return True
    return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the fixtures and the package that they use."""
    for item in items:
        if isinstance(item, pytest.Function) and _is_of(item.module, "training"):
            item.add_marker("training")
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in _MARKS:
                item.add_marker(_MARKS[fixture])


def _missing(reason: str, variable: str) -> NoReturn:
    """Skip, or fail where ``variable`` says that it must be there."""
    if os.environ.get(variable) == "1":
        pytest.fail(f"{reason} ({variable}=1 requires it)", pytrace=False)
    pytest.skip(reason)


# -------------------------------------------------------------------- files


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Folder of the public corpora: ``SER_CORPORA``, or shared/corpora beside the repository."""
    default = REPOSITORY.parent / "shared" / "corpora"
    folder = Path(os.environ.get("SER_CORPORA") or default)
    if not folder.is_dir():
        pytest.skip(f"no corpora at {folder} (set SER_CORPORA)")
    return folder


@pytest.fixture(scope="session")
def demo_clip() -> Path:
    """The demo clip that is shipped: 7 spoken utterances, mono, 22,050 Hz."""
    return REPOSITORY / "assets" / "demo.wav"


# -------------------------------------------------------------------- sounds


@pytest.fixture(scope="session")
def tone() -> Callable[..., np.ndarray]:
    """``tone(frequency, seconds, rate=48_000, amplitude=0.1)``: a sine, (n,) float32."""

    def make(
        frequency: float, seconds: float, rate: int = 48_000, amplitude: float = 0.1
    ) -> np.ndarray:
        time_axis = np.arange(round(seconds * rate)) / rate
        return (amplitude * np.sin(2 * np.pi * frequency * time_axis)).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``spoken(text, voice="en-us", speed=160, pitch=50, amplitude=100)``: a WAV by espeak-ng.

    Mono, 16 bit, 22,050 Hz; the same arguments give the same file.
    """
    if not shutil.which("espeak-ng"):
        _missing("no espeak-ng (Debian: apt-get install espeak-ng)", "SER_REQUIRE_AUDIO")
    folder = tmp_path_factory.mktemp("spoken")
    made: dict[tuple[object, ...], Path] = {}

    def speak(
        text: str, voice: str = "en-us", speed: int = 160, pitch: int = 50, amplitude: int = 100
    ) -> Path:
        key = (text, voice, speed, pitch, amplitude)
        if key not in made:
            path = folder / f"{len(made):03d}.wav"
            options = ["-v", voice, "-s", str(speed), "-p", str(pitch), "-a", str(amplitude)]
            subprocess.run(
                ["espeak-ng", *options, "-w", str(path), "--", text],
                check=True,
                capture_output=True,
                timeout=60,
            )
            made[key] = path
        return made[key]

    return speak


# -------------------------------------------------------------------- virtual sound card

# A null sink works in blocks of 2 s, and a microphone that is opened stays silent for as long;
# without rewinds it works in blocks of 50 ms.
_SERVER_SCRIPT = """\
load-module module-native-protocol-unix auth-anonymous=1 socket="{socket}"
load-module module-null-sink sink_name=mic rate=48000 format=float32le channels=1 norewinds=1
load-module module-null-sink sink_name=speakers rate=48000 norewinds=1
load-module module-remap-source source_name=vmic master=mic.monitor remix=no
set-default-sink speakers
set-default-source vmic
"""

#: Without the system's alsa.conf: PortAudio then lists these two devices, no real microphone that
#: a test could open by mistake, and says nothing on stderr about cards that are not there.
_ALSA_CONFIGURATION = """\
pcm.pulse { type pulse }
ctl.pulse { type pulse }
pcm.!default { type pulse }
ctl.!default { type pulse }
"""


class VirtualMicrophone:
    """A PulseAudio server of its own, whose default source is what is played into its sink ``mic``.

    The program's own playback goes to another sink, ``speakers``, and is not heard.

    Attributes:
        env: environment for child processes that shall use this sound card.
        was_stopped: a test has ended the server, so PortAudio may know no device.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []
        self._sounds = 0
        self.was_stopped = False
        for name in ("home", "runtime", "state"):
            (folder / name).mkdir(mode=0o700)
        (folder / "asound.conf").write_text(_ALSA_CONFIGURATION)
        (folder / "client.conf").write_text("autospawn = no\nenable-shm = no\n")
        (folder / "daemon.conf").write_text(
            "flat-volumes = no\nresample-method = speex-float-10\nenable-shm = no\n"
        )
        (folder / "server.pa").write_text(_SERVER_SCRIPT.format(socket=folder / "native"))
        #: What sets this sound card apart from the machine's.
        self.variables = {
            "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
            "PULSE_SERVER": f"unix:{folder / 'native'}",
            "PULSE_CLIENTCONFIG": str(folder / "client.conf"),
            "PULSE_COOKIE": str(folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(folder / "runtime"),
            "PULSE_STATE_PATH": str(folder / "state"),
            "JACK_NO_START_SERVER": "1",  # PortAudio asks JACK too
        }

    @property
    def env(self) -> dict[str, str]:
        """See the class."""
        return {**os.environ, **self.variables}

    @property
    def is_running(self) -> bool:
        """Whether the server is up."""
        return self._server is not None and self._server.poll() is None

    def start_server(self) -> None:
        """Start the server (again); returns when the microphone is there."""
        if self.is_running:
            return
        (self._folder / "native").unlink(missing_ok=True)
        home = {
            "HOME": str(self._folder / "home"),
            "XDG_RUNTIME_DIR": str(self._folder / "runtime"),
            "PULSE_CONFIG": str(self._folder / "daemon.conf"),
        }
        # Should this process be killed, the server ends itself: nobody asks it for 10 minutes.
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=600"]
        command += ["--use-pid-file=no", "--realtime=no", "--high-priority=no"]
        command += ["--log-target=stderr", "-F", str(self._folder / "server.pa")]
        log_path = self._folder / "server.log"
        with log_path.open("wb") as log:
            self._server = subprocess.Popen(
                command, env={**self.env, **home}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.is_running:
            answer = self._run("pactl", "get-default-source", check=False)
            if answer.stdout.strip() == "vmic":
                return
            time.sleep(0.1)
        self.stop_server()
        raise RuntimeError(f"pulseaudio did not start:\n{log_path.read_text(errors='replace')}")

    def stop_server(self) -> None:
        """End the server, as if the device were unplugged.  It is back for the next test."""
        self.was_stopped = True
        self.stop_playing()
        _end(self._server)
        self._server = None

    def start(self, sound: str | Path | np.ndarray, rate: int = 48_000) -> subprocess.Popen[bytes]:
        """Begin to speak a file or an array ((n,) float, at ``rate`` Hz) into the microphone.

        Returns:
            The player: ``wait()`` for its end, or ``terminate()`` it.
        """
        if isinstance(sound, np.ndarray):
            path = self._folder / f"sound-{self._sounds}.wav"
            self._sounds += 1
            soundfile.write(path, sound, rate, subtype="FLOAT")
        else:
            path = Path(sound)
        player = subprocess.Popen(
            ["paplay", "--device=mic", "--latency-msec=50", str(path)],
            env=self.env,
            stdin=subprocess.DEVNULL,
        )
        self._players.append(player)
        return player

    def play(self, sound: str | Path | np.ndarray, rate: int = 48_000) -> None:
        """As :meth:`start`, and return when all of it has been heard."""
        if status := self.start(sound, rate).wait():
            raise RuntimeError(f"paplay ended with status {status}")

    def stop_playing(self) -> None:
        """End every player that is still speaking."""
        for player in self._players:
            _end(player)
        self._players.clear()

    def pactl(self, *arguments: str) -> str:
        """Ask or tell the server something, e.g. ``pactl("suspend-source", "vmic", "1")``."""
        return self._run("pactl", *arguments).stdout

    def _run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self.env, check=check, capture_output=True, text=True, timeout=20
        )


def _end(process: subprocess.Popen[bytes] | None) -> None:
    """Terminate one process of ours and wait for it."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def virtual_microphone() -> Iterator[VirtualMicrophone]:
    """A sound card whose microphone hears what the test plays; PortAudio's default input."""
    if sys.platform != "linux":
        pytest.skip("the virtual sound card needs Linux")
    for program in ("pulseaudio", "paplay", "pactl"):
        if not shutil.which(program):
            _missing(
                f"no {program} (Debian: apt-get install pulseaudio pulseaudio-utils)",
                "SER_REQUIRE_AUDIO",
            )
    folder = Path(tempfile.mkdtemp(prefix="ser-live-audio-"))  # short: a socket's path is limited
    microphone = VirtualMicrophone(folder)
    with pytest.MonkeyPatch.context() as patch:
        try:
            microphone.start_server()
            for name, value in microphone.variables.items():
                patch.setenv(name, value)
            _restart_portaudio()
            yield microphone
        finally:
            microphone.stop_server()
            shutil.rmtree(folder, ignore_errors=True)


def _restart_portaudio() -> None:
    """PortAudio reads ALSA's configuration, and lists devices, once: when it is initialised."""
    try:
        import sounddevice
    except OSError:
        _missing("no PortAudio (Debian: apt-get install libportaudio2)", "SER_REQUIRE_AUDIO")
    sounddevice._terminate()
    sounddevice._initialize()
    try:
        sounddevice.query_devices(kind="input")
    except (sounddevice.PortAudioError, ValueError):
        _missing(
            "PortAudio does not see the virtual sound card "
            "(Debian: apt-get install libasound2-plugins)",
            "SER_REQUIRE_AUDIO",
        )


@pytest.fixture(autouse=True)
def _microphone_restored(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test with the microphone begins with a server that runs, and ends in silence."""
    if "virtual_microphone" not in request.fixturenames:
        yield
        return
    microphone: VirtualMicrophone = request.getfixturevalue("virtual_microphone")
    if microphone.was_stopped or not microphone.is_running:
        microphone.start_server()
        _restart_portaudio()
        microphone.was_stopped = False
    yield
    microphone.stop_playing()


# -------------------------------------------------------------------- display


@pytest.fixture(scope="session")
def display() -> str:
    """The display's name; a test that opens a real window asks for it before qtbot."""
    if sys.platform != "linux":
        return sys.platform
    name = os.environ.get("DISPLAY")
    if not name:
        _missing("no DISPLAY (scripts/test.sh starts a virtual one)", "SER_REQUIRE_DISPLAY")
    return name


@pytest.fixture(scope="session")
def checkpoint():
    """The shipped checkpoint."""
    from ser_live.models.checkpoint import load_checkpoint

    return load_checkpoint()


@pytest.fixture(scope="session")
def predictor(checkpoint):
    """The shipped model on the CPU."""
    from ser_live.predictor import Predictor

    return Predictor(checkpoint, "cpu")
