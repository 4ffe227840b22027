/** For tests of other packages: a record in which every member says something, and keys that nobody else knows. */
export { digestOfAll, exampleRecord, IDENTITY, keySetFile, NOW, newKey } from '../example-record.test-kit.ts';
