#!/bin/sh
# Installs rootwatch from a release: finds the archive for this machine, checks it against the release's checksums, and
# puts the program and its manual pages below a folder.
#
#   sh install.sh [--version v0.1.0] [--to FOLDER] [--from ADDRESS]
#
# ADDRESS is that of the releases, https://HOST/OWNER/REPOSITORY/releases. The copy of this script that belongs to a
# release knows it; that of the repository has to be told.
set -eu

from='@RELEASES@'
to="${HOME:-}/.local"
version=latest

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case "$1" in
    --version | --to | --from)
      [ $# -ge 2 ] || fail "$1 needs a value"
      case "$1" in
        --version) version=$2 ;;
        --to) to=$2 ;;
        --from) from=$2 ;;
      esac
      shift 2
      ;;
    *) fail "unknown option $1; there are --version, --to and --from" ;;
  esac
done
case "$from" in
  http*://*) ;;
  *) fail "--from is needed: this copy does not know where the releases are" ;;
esac
[ -n "$to" ] && [ "$to" != /.local ] || fail "HOME is not set: name a folder with --to"

# What a release calls this machine.
system() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo x86_64-unknown-linux-gnu ;;
    Linux-aarch64 | Linux-arm64) echo aarch64-unknown-linux-gnu ;;
    Darwin-x86_64) echo x86_64-apple-darwin ;;
    Darwin-arm64) echo aarch64-apple-darwin ;;
    *) fail "there is no build for $(uname -s) on $(uname -m); docs/release.md says how to build one" ;;
  esac
}

# An address into a file. Nothing but https is followed, unless the address that was given is not.
fetch() {
  case "$from" in
    https://*) only='=https' ;;
    *) only='=http,https' ;;
  esac
  if command -v curl >/dev/null; then
    curl --proto "$only" --silent --show-error --fail --location --retry 3 --output "$2" "$1"
  elif command -v wget >/dev/null && [ "$only" = '=https' ]; then
    wget --https-only --quiet --output-document "$2" "$1"
  elif command -v wget >/dev/null; then
    wget --quiet --output-document "$2" "$1"
  else
    fail "neither curl nor wget is here"
  fi || fail "$1 cannot be fetched"
}

sums_of() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$1"
  else
    shasum -a 256 "$1"
  fi
}

target=$(system)
archive="rootwatch-$target.tar.gz"
case "$version" in
  latest) base="$from/latest/download" ;;
  *) base="$from/download/$version" ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fetch "$base/SHA256SUMS" SHA256SUMS
wanted=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' SHA256SUMS)
[ -n "$wanted" ] || fail "the release has no checksum for $archive"
fetch "$base/$archive" "$archive"
found=$(sums_of "$archive" | cut -d ' ' -f 1)
[ "$wanted" = "$found" ] || fail "$archive is not what the release says: its SHA-256 is $found, and $wanted was expected; nothing was installed"

tar -xzf "$archive"
mkdir -p "$to/bin" "$to/share/man/man1"
# By another name first: a program that runs cannot be written over, and half of one must not stay.
cp "rootwatch-$target/rootwatch" "$to/bin/.rootwatch.new"
chmod 755 "$to/bin/.rootwatch.new"
mv "$to/bin/.rootwatch.new" "$to/bin/rootwatch"
cp "rootwatch-$target"/man/*.1 "$to/share/man/man1/"

echo "$("$to/bin/rootwatch" -V) is in $to/bin"
case ":$PATH:" in
  *":$to/bin:"*) ;;
  *) echo "put $to/bin on your PATH" ;;
esac
