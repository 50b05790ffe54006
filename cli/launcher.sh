#!/bin/sh
# The command `astrolabe`. Python searches PYTHONPATH before what is installed, so a console script would import a
# stranger's modules from there; -E ignores the variable, and -P leaves out the folder that the user stands in.
folder=$(dirname -- "$(readlink -f -- "$0")")
for python in "$folder/python" "$folder/python3" python3; do
    if command -v "$python" >/dev/null; then
        exec "$python" -P -E -m astrolabe "$@"
    fi
done
echo "astrolabe: there is no Python beside $folder/astrolabe, and none in PATH" >&2
exit 2
