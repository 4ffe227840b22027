/** One jest project a tier: what a test needs is told by its file name. */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }],
  },
  modulePathIgnorePatterns: ['/dist/', '/\\.rehearsal/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};

export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{packages,actions,scripts,bench}/**/*.test.ts'],
      testPathIgnorePatterns: [...shared.testPathIgnorePatterns, '\\.component\\.test\\.ts$'],
    },
    { ...shared, displayName: 'component', testMatch: ['<rootDir>/{packages,actions}/**/*.component.test.ts'] },
    { ...shared, displayName: 'bundle', testMatch: ['<rootDir>/test/bundles/**/*.test.ts'] },
    { ...shared, displayName: 'workflow', testMatch: ['<rootDir>/test/{workflows,attacks}/**/*.test.ts'] },
  ],
  // It ends what hangs; whatever waits for something gives up before, and says for what.
  testTimeout: 300_000,
  // Most of a component test's time is waiting for what it started, not computing: two cores are busy with three.
  maxWorkers: 3,
};
