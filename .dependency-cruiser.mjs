/**
 * Which package may import which. Imports go down, never sideways within a layer, except where a layer's
 * own order is written here. `npm run check` runs it.
 */
const L0 = ['release', 'host'];
const L1 = ['policy', 'signing', 'analysis', 'kubernetes', 'postgres', 'odoo', 'github'];
const L2 = ['calendar', 'image-scan', 'migration', 'backup', 'retail-flows', 'decision', 'delivery', 'production'];

const packages = (names) => `^packages/(${names.join('|')})/`;

/** One rule a package: it may reach what is named, and itself. */
const may = (name, allowed) => ({
  name: `${name}-imports`,
  comment: `${name} may import only: ${allowed.join(', ') || 'nothing of this project'}.`,
  severity: 'error',
  from: { path: `^packages/${name}/`, pathNot: '\\.test(-kit)?\\.ts$' },
  to: { path: '^(packages|actions|scripts|bench|test)/', pathNot: packages([name, ...allowed]) },
});

export default {
  forbidden: [
    may('release', []),
    may('host', []),
    ...L1.map((name) => may(name, L0)),
    ...L2.map((name) => may(name, [...L0, ...L1])),
    may('action-kit', [...L0, 'policy']),
    {
      name: 'actions-import-packages',
      comment: 'An action wires packages; it imports no other action and not the test bed.',
      severity: 'error',
      from: { path: '^actions/([^/]+)/', pathNot: '\\.test(-kit)?\\.ts$' },
      to: { path: ['^packages/testbed/', '^actions/(?!$1/)', '^(scripts|bench|test)/'] },
    },
    {
      name: 'through-the-front-door',
      comment: "A package is imported by its name: another package's files are its own business.",
      severity: 'error',
      from: { path: '^(packages|actions)/([^/]+)/' },
      to: {
        path: '^packages/([^/]+)/src/',
        pathNot: ['^packages/$2/', '/src/index[.]ts$', '/src/[a-z-]+/index[.]ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-models-of-kubernetes',
      comment:
        'The client library loads the models of all APIs with every import but these: 2 MB of a bundle, 60 MiB of memory.',
      severity: 'error',
      from: { path: '^(packages|actions)/' },
      to: {
        path: 'node_modules/@kubernetes/client-node/',
        pathNot: '/dist/(config_types|exec_auth|file_auth)[.]js$',
      },
    },
    {
      name: 'no-circles',
      comment: 'A circle has no first part to read.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages|actions)/.+/(dist|fixtures)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
