import { digestOfValue, type Sha256 } from '@tillgate/release';

interface Template {
  spec?: { containers?: { name?: string; image?: string }[] };
}

/**
 * The digest of a pod template without the image of one container: what a release is not, and what must be as
 * it was when the release was approved. Null where the template has no such container.
 */
export function podTemplateDigest(template: unknown, container: string): Sha256 | null {
  const { spec } = (template ?? {}) as Template;
  if (!spec?.containers?.some(({ name }) => name === container)) return null;
  const rest = plainly(template) as { spec: { containers: Record<string, unknown>[] } };
  return digestOfValue({
    ...rest,
    spec: {
      ...rest.spec,
      containers: rest.spec.containers.map((one) => (one.name === container ? { ...one, image: null } : one)),
    },
  });
}

/** Without what is absent in another way (null). */
function plainly(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainly);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([name, member]) => [name, plainly(member)] as const)
    .filter(([name, member]) => name !== 'creationTimestamp' && member !== null && member !== undefined);
  return Object.fromEntries(entries);
}
