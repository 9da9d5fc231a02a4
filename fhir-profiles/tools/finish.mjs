// Takes what SUSHI wrote to where it is committed: definitions to compiled/, examples to compiled/examples/, logical
// models to the folder of their source. Leaves out of the snapshots what no program reads (prose and mappings repeated
// from R4), and writes a manifest with the digest of every FSH file, which a test compares without npm.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

const [from, profiles, mappings, option] = process.argv.slice(2);
const check = option === '--check';

const read = (path) => readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
const digest = (text) => createHash('sha256').update(text, 'utf8').digest('hex');
const files = (folder, suffix) =>
  existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).filter((name) => name.endsWith(suffix)).sort().map((name) => join(folder, name)) : [];

const sources = files(mappings, '').filter((folder) => existsSync(join(folder, 'examples')) || files(folder, '.fsh').length > 0);
const fsh = [...files(join(profiles, 'input/fsh'), '.fsh'), join(profiles, 'sushi-config.yaml')];
const models = sources.flatMap((folder) => files(folder, '.fsh'));

const homeOfModel = new Map();
for (const path of models)
  for (const [, id] of read(path).matchAll(/^Id:\s*(\S+)/gm)) homeOfModel.set(id, dirname(path));

const prose = ['mapping', 'comment', 'requirements', 'alias', 'example', 'meaningWhenMissing', 'orderMeaning', 'condition'];
function lean(resource) {
  delete resource.mapping;
  const ours = new Set(resource.differential?.element.map((element) => element.id));
  for (const element of resource.snapshot?.element ?? []) {
    for (const name of prose) delete element[name];
    // R4's own elements keep the short form as their definition, which the specification wants to be there.
    if (!ours.has(element.id) && element.short) element.definition = element.short;
  }
  return resource;
}

const wanted = new Map();
for (const path of files(from, '.json')) {
  const resource = lean(JSON.parse(read(path)));
  const name = basename(path);
  const home =
    homeOfModel.get(resource.id) ??
    join(profiles, resource.id.startsWith('exemple-') ? 'compiled/examples' : 'compiled');
  wanted.set(join(home, name), JSON.stringify(resource, null, 1) + '\n');
}

const manifest = {
  compiler: 'fsh-sushi 3.21.0',
  sources: Object.fromEntries([
    ...[...fsh, ...models].map((path) => [relative(profiles, path), digest(read(path))]),
  ]),
  compiled: Object.fromEntries([...wanted].sort().map(([path, text]) => [relative(profiles, path), digest(text)])),
};
wanted.set(join(profiles, 'manifest.json'), JSON.stringify(manifest, null, 1) + '\n');

const committed = [
  ...files(join(profiles, 'compiled'), '.json'),
  ...files(join(profiles, 'compiled/examples'), '.json'),
  ...sources.flatMap((folder) => files(folder, '.json').filter((path) => basename(path).startsWith('StructureDefinition-'))),
];

const stale = [
  ...[...wanted].filter(([path, text]) => !existsSync(path) || read(path) !== text).map(([path]) => path),
  ...committed.filter((path) => !wanted.has(path)),
];
if (check) {
  for (const path of stale) console.error(`not current: ${path}`);
  console.log(stale.length === 0 ? `${wanted.size} files are current` : 'run fhir-profiles/build.sh and commit the result');
  process.exit(stale.length === 0 ? 0 : 1);
}

for (const path of committed) if (!wanted.has(path)) rmSync(path);
for (const [path, text] of wanted) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
console.log(`${wanted.size} files written, ${stale.length} changed`);
