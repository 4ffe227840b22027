/** Raised when a file of own flows cannot be used; the message names the file and, where there is one, the line. */
export class FlowsFileError extends Error {
  override readonly name = 'FlowsFileError';
}
