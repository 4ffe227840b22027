/** The version of this suite, as verdicts and records name it. Kept equal to package.json by a test. */
export const VERSION = '0.1.0';
