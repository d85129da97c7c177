#!/usr/bin/env bash
# Set up .venv and the system packages, once; quick and silent about what is there already.
#
#   scripts/setup.sh run        what the program needs
#   scripts/setup.sh training   the training module's packages too; no system packages but venv's
#   scripts/setup.sh tools      those and ruff, mypy, pytest; likewise
#   scripts/setup.sh test       all of these, a virtual sound card and a virtual display
#
# Environment: PYTHON chooses the interpreter; pip's own PIP_* variables are respected.
set -euo pipefail

group=${1:-run}
case $group in run | training | tools | test) ;; *)
    echo "usage: scripts/setup.sh run|training|tools|test" >&2
    exit 2
    ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
venv=$root/.venv

say() { printf 'setup: %s\n' "$*"; }
# The first argument says what is wrong, the others stand on lines of their own, to be copied.
fail() {
    printf 'setup: %s\n' "$1" >&2
    shift
    (($#)) && printf '%s\n' "$@" >&2
    exit 1
}

# ---------------------------------------------------------------- system packages

# PortAudio, ALSA's bridge to PulseAudio and PipeWire, and what Qt's xcb plugin links to.
run_packages=(
    libportaudio2 libasound2-plugins
    libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 fonts-dejavu-core
    libx11-xcb1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1
    libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1
)
# A virtual sound card, a virtual display, a voice, a hand for the mouse.
test_packages=(pulseaudio pulseaudio-utils xvfb xdotool espeak-ng)
# A browser that prints, and what reads the print: those tests are skipped without.
print_packages=(chromium poppler-utils)

is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == ?i* ]] && return
    # Newer releases renamed some (libglib2.0-0t64, libasound2t64): take what provides the name.
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "${1}t64" 2>/dev/null) == ?i* ]]
}

# Install those of the packages named that are missing, or stop with the line that would.
install_packages() {
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local as_root=()
    if ((EUID != 0)); then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            as_root=(sudo -n)
        else
            fail "system packages are missing and this user may not install them. Run:" \
                "  sudo apt-get install -y --no-install-recommends ${missing[*]}"
        fi
    fi
    say "installing Debian packages: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! {
        "${as_root[@]}" apt-get update -qq \
            && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -qq --no-install-recommends "${missing[@]}"
    } </dev/null >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "apt-get failed. Once its complaint is settled, run:" \
            "  sudo apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    rm -f "$log"
}

is_debian=no
if [[ $(uname -s) == Linux ]] && command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    is_debian=yes
fi

system_packages() {
    if [[ $is_debian == yes ]]; then
        install_packages "$@"
    elif [[ $(uname -s) == Linux ]]; then
        say "not a Debian: looking after system packages is yours (Debian's names: $*)"
    else
        say "$(uname -s): no system packages to install"
    fi
}

# ---------------------------------------------------------------- the stamp

# What goes into .venv, and who else has all of it.
case $group in
run) extras=run requirement=. also="training test" ;;
training) extras=training requirement=".[training]" also=test ;;
*) extras=test requirement=".[test]" also= ;;
esac

# What the installation depends on: the requirements, the extras, where it lies.
digest() {
    { cat pyproject.toml scripts/setup.sh && printf '%s\n' "$1" "$root"; } | cksum
}

stamp_matches() {
    [[ -x $venv/bin/ser-live && -f $venv/.stamp-$1 && $(<"$venv/.stamp-$1") == "$(digest "$1")" ]]
}

python_ready=no
for one in $extras $also; do
    if stamp_matches "$one"; then python_ready=yes; fi
done

# ---------------------------------------------------------------- which Python

fits() {
    command -v "$1" >/dev/null \
        && "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null
}

can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Whether .venv is whole and was made here: one that was moved or copied points to its old place.
venv_is_good() {
    fits "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1 \
        && grep -qF "$venv" "$venv/bin/activate"
}

python=
venv_package=
if [[ $python_ready == no ]] && ! venv_is_good; then
    for candidate in ${PYTHON:-python3.11 python3.12 python3}; do
        if fits "$candidate"; then
            python=$candidate
            break
        fi
    done
    [[ -n $python ]] || fail "Python 3.11 or 3.12 is needed, and none of these is one:" \
        "  ${PYTHON:-python3.11 python3.12 python3}" \
        "Install it (Debian 12: sudo apt-get install -y python3 python3-venv) or name it: PYTHON=... make"
    # Debian's python3 comes without ensurepip, and a venv made without that has no pip.
    if ! can_make_venv "$python"; then
        [[ $is_debian == yes ]] || fail "$python cannot make a venv: it has no ensurepip"
        venv_package=python3-venv
    fi
fi

# ---------------------------------------------------------------- do it

case $group in
run) packages=("${run_packages[@]}") ;;
test) packages=("${run_packages[@]}" "${test_packages[@]}") ;;
*) packages=() ;;
esac
[[ -z $venv_package ]] || packages+=("$venv_package")
((${#packages[@]} == 0)) || system_packages "${packages[@]}"
# Some relatives of Debian have no such browser.
[[ $group != test || $is_debian != yes ]] || (install_packages "${print_packages[@]}") \
    || say "going on without ${print_packages[*]}"

if [[ $python_ready == yes ]]; then
    say "ready ($group)"
    exit 0
fi

if [[ -n $python ]]; then
    can_make_venv "$python" || fail "$python cannot make a venv, python3-venv notwithstanding;" \
        "name another Python 3.11 or 3.12: PYTHON=... make"
    [[ ! -e $venv ]] || say ".venv is broken, moved or of another Python: making it anew"
    rm -rf "$venv"
    say "making .venv with $("$python" -V 2>&1)"
    "$python" -m venv "$venv" || {
        rm -rf "$venv"
        fail "$python -m venv failed"
    }
fi

log=$venv/setup.log
if [[ $(uname -s) == Linux ]]; then
    say "installing Python packages; the first time PyTorch with its CUDA libraries: about 3 GB to" \
        "download, 6 GB on disk, two minutes on a fast line and five at 100 Mbit/s"
else
    say "installing Python packages; the first time about 0.5 GB to download, some minutes"
fi

# One line for each large file; everything else goes to the log.
show_progress() {
    local line
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log"
        case $line in
        *Downloading*.whl\ \(*[0-9][0-9].[0-9]\ MB\)* | *Downloading*\ GB\)*)
            line=${line##*Downloading } line=${line##*/}
            say "  downloading ${line%%-*} (${line##*(}"
            ;;
        Installing\ collected\ packages*) say "  unpacking (a minute or two)" ;;
        esac
    done
}

: >"$log"
if ! "$venv/bin/python" -m pip install --progress-bar off --disable-pip-version-check \
    -e "$requirement" </dev/null 2>&1 | show_progress; then
    tail -n 20 "$log" >&2
    fail "pip failed; all it said is in .venv/setup.log"
fi

rm -f "$venv"/.stamp-*
digest "$extras" >"$venv/.stamp-$extras"
say "ready ($group)"
