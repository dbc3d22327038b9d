#!/bin/sh
# Make the virtual environment named by $1 with the first Python that is new enough, and install the pinned packages.
set -eu
venv=$1

new_enough() {
    "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

# The version of .python-version first, then newer and older ones, then those that pyenv keeps.
find_python() {
    for candidate in ${PYTHON_FOR_VENV:-} python3.13 python3.12 python3.14 python3 python \
        "$HOME"/.pyenv/versions/3.13*/bin/python "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python; do
        path=$(command -v "$candidate" 2>/dev/null) || continue
        if new_enough "$path"; then
            echo "$path"
            return 0
        fi
    done
    return 1
}

if [ ! -x "$venv/bin/python" ] || ! new_enough "$venv/bin/python"; then
    if ! python=$(find_python); then
        echo "Holdpoint needs Python 3.12 or newer with its venv module, and none was found." >&2
        echo "Install one (for instance: apt install python3.13 python3.13-venv, or pyenv install 3.13)," >&2
        echo "or name it: PYTHON_FOR_VENV=/path/to/python3.13 make run" >&2
        exit 1
    fi
    echo "Making $venv with $("$python" --version) ($python)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi

echo "Installing the pinned packages (once; again only when the requirements change)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    -r requirements-dev.txt -c constraints.txt
