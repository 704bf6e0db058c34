#!/bin/sh
# Installs a released claque: the program, its manual pages and completions, below one folder.
#
#   CLAQUE_RELEASES=https://example.org/claque/releases/download sh install.sh VERSION [FOLDER]
#
# CLAQUE_RELEASES is where releases lie, an address or a folder: below it VERSION's files are in vVERSION/. FOLDER is ~/.local if nothing
# is said. Nothing is put anywhere before the checksum is found to be right.
set -eu

fail() {
    echo "error: $1" >&2
    exit "${2:-1}"
}

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    fail "usage: CLAQUE_RELEASES=WHERE sh install.sh VERSION [FOLDER]" 2
fi
version=${1#v} into=${2:-$HOME/.local}
[ -n "${CLAQUE_RELEASES:-}" ] || fail "CLAQUE_RELEASES is not set; say where releases lie, such as https://host/claque/releases/download" 2

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) target=x86_64-unknown-linux-gnu ;;
    Linux-aarch64) target=aarch64-unknown-linux-gnu ;;
    *) fail "there is no release for $(uname -s) on $(uname -m); build it with \`cargo install --locked --path crates/claque\`" ;;
esac
name=claque-$version-$target

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in "$name.tar.gz" "$name.tar.gz.sha256"; do
    from=$CLAQUE_RELEASES/v$version/$file
    case $CLAQUE_RELEASES in
        http://* | https://*)
            curl --fail --silent --show-error --location --output "$work/$file" "$from" \
                || fail "failed to fetch $from; check the version and CLAQUE_RELEASES"
            ;;
        *) cp "$from" "$work/$file" 2> /dev/null || fail "there is no $from; check the version and CLAQUE_RELEASES" ;;
    esac
done
(cd "$work" && sha256sum --check --status "$name.tar.gz.sha256") \
    || fail "the checksum of $name.tar.gz is wrong: it is not what was released, and nothing was installed"
tar --extract --gzip --file "$work/$name.tar.gz" --directory "$work"

place() {
    mkdir -p "$into/$2"
    install -m "$1" "$3" "$into/$2/$4"
}
place 755 bin "$work/$name/bin/claque" claque
for page in "$work/$name/man/man1"/*.1; do
    place 644 share/man/man1 "$page" "$(basename "$page")"
done
place 644 share/bash-completion/completions "$work/$name/completions/claque.bash" claque
place 644 share/zsh/site-functions "$work/$name/completions/_claque" _claque
place 644 share/fish/vendor_completions.d "$work/$name/completions/claque.fish" claque.fish

echo "claque $version is in $into/bin"
case ":$PATH:" in
    *":$into/bin:"*) ;;
    *) echo "that folder is not in PATH: add it to have \`claque\` found" ;;
esac
