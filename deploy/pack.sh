#!/bin/sh
# Packs a built claque as it is released: the program, its manual pages and completions, which it writes itself, and what it comes with.
#
#   deploy/pack.sh PROGRAM TARGET FOLDER
#
# leaves claque-VERSION-TARGET.tar.gz and its .sha256 in FOLDER. Packed twice of one program it is the same file.
set -eu

[ $# -eq 3 ] || { echo "usage: deploy/pack.sh PROGRAM TARGET FOLDER" >&2; exit 2; }
program=$1 target=$2 folder=$3
sources=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

if readelf --section-headers --wide "$program" | grep -q ' \.symtab '; then
    echo "error: $program has symbols: build it with \`cargo build --release --locked --package claque\`" >&2
    exit 1
fi

version=$("$program" --version | cut -d ' ' -f 2)
grep -q "^## $version, [0-9]" "$sources/CHANGELOG.md" || {
    echo "error: CHANGELOG.md has no \"## $version, DATE\"; write what changed before it is released" >&2
    exit 1
}
if [ -n "${RELEASE_TAG:-}" ] && [ "$RELEASE_TAG" != "v$version" ]; then
    echo "error: the tag is $RELEASE_TAG and the program says $version; tag v$version" >&2
    exit 1
fi

name=claque-$version-$target
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name/bin" "$work/$name/completions" "$folder"
install -m 755 "$program" "$work/$name/bin/claque"
"$program" man --into "$work/$name/man/man1"
"$program" completions bash > "$work/$name/completions/claque.bash"
"$program" completions zsh > "$work/$name/completions/_claque"
"$program" completions fish > "$work/$name/completions/claque.fish"
"$program" completions elvish > "$work/$name/completions/claque.elv"
"$program" completions powershell > "$work/$name/completions/_claque.ps1"
for file in README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT; do
    install -m 644 "$sources/$file" "$work/$name/$file"
done
# Names in order, and no names, moments or owners of this machine.
(cd "$work" && tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --create "$name") | gzip --no-name \
    > "$folder/$name.tar.gz"
(cd "$folder" && sha256sum "$name.tar.gz" > "$name.tar.gz.sha256")
echo "$folder/$name.tar.gz"
