/**
 * `linux/arm/v7` and the like, as image indexes and scanners write it. Version 8 of 64-bit Arm is the only one: some
 * builders name it and some do not, and container runtimes leave it out.
 */
export function platformName(os: string, architecture: string, variant = ''): string {
  const named = variant !== '' && !(architecture === 'arm64' && variant === 'v8');
  return [os || 'unknown', architecture || 'unknown', ...(named ? [variant] : [])].join('/');
}
