#!/bin/sh
# Install a release without a network: sh install.sh --public KEY [--python PYTHON] FOLDER
# KEY is the signer's public key (base64), known from elsewhere. Everything is checked before anything is run.
set -eu

python=python3 public= folder=
while [ $# -gt 0 ]; do
    case "$1" in
        --public) public=$2; shift 2 ;;
        --python) python=$2; shift 2 ;;
        -*) echo "usage: sh install.sh --public KEY [--python PYTHON] FOLDER" >&2; exit 2 ;;
        *) folder=$1; shift ;;
    esac
done
[ -n "$public" ] && [ -n "$folder" ] || { echo "usage: sh install.sh --public KEY [--python PYTHON] FOLDER" >&2; exit 2; }
[ ! -e "$folder" ] || { echo "$folder is there already: install beside it and change the link" >&2; exit 1; }
cd "$(dirname "$0")"

# 1. The signature: Ed25519 over the label and SHA-256 of bundle.json (docs/formats/bundle.md).
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'; printf %s "$public" | openssl base64 -d -A; } > "$work/key.der"
{ printf 'custodes/sign/v1'; openssl dgst -sha256 -binary bundle.json; } > "$work/signed"
openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/signed" -sigfile bundle.sig > /dev/null \
    || { echo "the signature does not hold" >&2; exit 1; }

# 2. The sums it names, and the files the sums name: none too many, none too few.
sums=$(openssl dgst -sha256 -binary SHA256SUMS | openssl base64 -A)
grep -qF "\"sums\":\"$sums\"" bundle.json || { echo "SHA256SUMS is not what was signed" >&2; exit 1; }
sha256sum --check --strict --quiet SHA256SUMS || { echo "a file is not what was signed" >&2; exit 1; }
find . -type f ! -path ./SHA256SUMS ! -path ./bundle.json ! -path ./bundle.sig | sed 's|^\./||' | LC_ALL=C sort > "$work/there"
cut -c67- SHA256SUMS | LC_ALL=C sort > "$work/named"
cmp -s "$work/there" "$work/named" || { echo "a file is too many" >&2; exit 1; }

# 3. An environment of its own, from these wheels and no other place.
"$python" -m venv "$folder"
pip() { "$folder/bin/python" -m pip --disable-pip-version-check install --quiet --no-index --find-links wheels --no-deps "$@"; }
pip --require-hashes --only-binary=:all: -r requirements.txt
pip --only-binary=:all: custodes
"$folder/bin/custodes" --version
