/**
 * Drives one delivery over the real adapter, with calls to the API server that fail, until it ends or is killed:
 * `driver.process.ts <file>`. A process of its own, because it is to be killed; it loads the rest late, as actions do.
 */
const { driveTask } = await import('./drive-task.ts');
await driveTask(process.argv[2] as string);

export {};
