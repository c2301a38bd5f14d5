#!/usr/bin/env bash
# npm test: everything. Layers, sizes, types, lint; unit tests and in-process clusters; then real containers and real clients.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh test
export PATH=$PWD/node_modules/.bin:$PATH
export NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$PWD/.cache/compile}

node tools/check-layers.ts
node tools/check-sizes.ts
tsc --noEmit
biome check --error-on-warnings .

echo "== unit tests and in-process clusters"
node --test --test-concurrency=2 --test-timeout=120000 'src/**/*.test.ts'
echo "== end to end: real containers, real clients"
node --test --test-concurrency=1 --test-force-exit --test-timeout=600000 'test/**/*.test.ts'
