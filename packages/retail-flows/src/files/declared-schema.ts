import * as z from 'zod';

const json = z.json();
const fields = z.array(z.string().max(100)).min(1).max(100);
const model = z.string().regex(/^[a-z][a-z0-9_.]{1,100}$/, 'must be a model, like sale.order');
const method = z.string().regex(/^[a-z][a-z0-9_]{0,100}$/, 'must be a public method, like action_confirm');
const domain = z.array(json).max(100);
const context = z.record(z.string(), json).optional();
const amount = z.union([z.number(), z.string()]);

/** What a step does; exactly one of these stands in a step. */
const DOES = {
  product: z.record(z.string(), json).describe('Makes a product of 100.00 without taxes, with these values instead.'),
  partner: z.enum(['customer', 'vendor']).describe('Makes a customer or a vendor.'),
  count: z.strictObject({ product: amount, quantity: amount }).describe('Counts a product: so much is on hand now.'),
  create: z
    .strictObject({ model, values: z.record(z.string(), json), context })
    .describe('Makes a record; gives its id.'),
  call: z
    .strictObject({
      model,
      method,
      ids: z.union([z.array(amount), z.string()]).optional(),
      args: z.record(z.string(), json).default({}),
      context,
    })
    .describe('Calls a method with named arguments; gives its answer.'),
  search: z
    .strictObject({
      model,
      domain,
      fields,
      order: z.string().max(200).optional(),
      limit: z.int().min(1).max(1_000).default(100),
    })
    .describe('Finds records; gives a list of them.'),
  read: z.strictObject({ model, id: amount, fields }).describe('Reads one record; gives it.'),
  check: z
    .strictObject({
      fact: z.string().min(1).max(200),
      expected: json,
      seen: json,
      as: z.enum(['value', 'money']).default('value').describe('money: compared to the cent.'),
    })
    .describe('Looks at a fact of the business; one that does not hold fails the flow.'),
};
export type Doing = keyof typeof DOES;
export const DOINGS = Object.keys(DOES) as Doing[];

const name = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_]{0,39}$/, 'must be letters, digits and underscores, a small letter first');

const step = z
  .strictObject({
    what: z.string().min(1).max(200).optional().describe('What reports and baselines call the step.'),
    as: name.optional().describe('Name under which later steps find what this one gives.'),
    ...z.strictObject(DOES).partial().shape,
  })
  .superRefine((value, context_) => {
    const given = DOINGS.filter((doing) => value[doing] !== undefined);
    if (given.length !== 1)
      context_.addIssue({
        code: 'custom',
        message: `does exactly one of ${DOINGS.join(', ')}; here ${given.length === 0 ? 'is none' : `are ${given.join(' and ')}`}`,
      });
  });
const steps = z.array(step).max(200);

const flow = z.strictObject({
  title: z.string().min(1).max(200),
  modules: z
    .array(z.string().regex(/^[a-z][a-z0-9_]*$/))
    .max(50)
    .default(['base'])
    .describe('Modules it needs.'),
  since: z.number().min(14).optional().describe('First version of Odoo whose calls it knows.'),
  writes: z.array(z.string().min(1).max(200)).max(50).describe('What it leaves while it runs; none: it only reads.'),
  marked: z
    .array(z.strictObject({ model, field: name }))
    .max(20)
    .default([])
    .describe(
      'Models, beside those of the shop itself, in which the flow leaves ${mark}: they are swept, also after a killed run.',
    ),
  prepare: steps
    .default([])
    .describe('What the flow needs. What fails here is another flow to find: this one is blocked.'),
  steps: steps.min(1).describe('What the flow is about. What fails here fails the flow, and each step is timed.'),
  cleanUp: steps.default([]).describe('Takes back what no mark tells; run however the flow ended.'),
});

/** Own flows without a program: a YAML file. */
export const flowsFileSchema = z.strictObject({
  flows: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,59}$/, 'must be small letters, digits and hyphens'), flow)
    .refine((flows) => Object.keys(flows).length > 0, 'has no flow'),
});

export type DeclaredFlow = z.output<typeof flow>;
export type DeclaredStep = z.output<typeof step>;
