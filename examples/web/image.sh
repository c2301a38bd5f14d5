#!/bin/sh
# Makes the image of the example, minik8s/web:1.0, as a tar on standard output: busybox with a web page that names its pod.
# Needs no registry and no builder: an image is a tar of a root folder, and two small JSON files about it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

mkdir -p "$root/bin" "$root/www/cgi-bin" "$root/tmp"
cp /bin/busybox "$root/bin/busybox"
for name in sh httpd hostname cat date dd echo env false grep head id kill ls mkdir nc od printf ps rm seq sleep stty tail tar test top touch true tty wc wget; do
  ln -s busybox "$root/bin/$name"
done
cat >"$root/www/cgi-bin/index.cgi" <<'PAGE'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\nHello from %s\n' "$(hostname)"
PAGE
chmod 755 "$root/www/cgi-bin/index.cgi"

tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$root" -cf "$work/layer.tar" .
digest=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
case $(uname -m) in aarch64) arch=arm64 ;; *) arch=amd64 ;; esac

cat >"$work/config.json" <<JSON
{"architecture":"$arch","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["httpd","-f","-p","8080","-h","/www"],"ExposedPorts":{"8080/tcp":{}}},"rootfs":{"type":"layers","diff_ids":["sha256:$digest"]}}
JSON
cat >"$work/manifest.json" <<JSON
[{"Config":"config.json","RepoTags":["minik8s/web:1.0"],"Layers":["layer.tar"]}]
JSON
tar -C "$work" -cf - manifest.json config.json layer.tar
