import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A defect that an add-on plants, and what must come of it. */
export interface Defect {
  name: string;
  /** Module whose model is broken. */
  depends: string;
  model: string;
  /** Method of the model's class, in Python. */
  python: string;
  /** The flow that must find it. */
  flow: string;
  /** The facts that must not hold, or the step that must fail. */
  finds: string[];
}

/** What an overridden method does while its defect is active. Python; `on(self)` tells whether it is. */
export interface Override {
  /** As it is declared, without `self`: `create(vals_list)`. */
  method: string;
  decorator?: string;
  /** Run instead of the method, where `when` is true (always unless told). */
  instead?: string;
  when?: string;
  /** Run after it; its result is `done`. */
  after?: string;
}

/** The override as a method of a class. */
export function overriding({ method, decorator, instead, when, after }: Override): string {
  const [, name = '', declared = ''] = /^(\w+)\((.*)\)$/.exec(method) ?? [];
  const passed = declared.replace(/(\w+)=[^,)]+/g, '$1'); // a default is for who calls, not for who passes on
  const given = `super().${name}(${passed})`;
  const active = when === undefined ? 'on(self)' : `on(self) and ${when}`;
  const lines = [
    ...(decorator === undefined ? [] : [`@api.${decorator}`]),
    `def ${name}(${['self', ...(declared === '' ? [] : [declared])].join(', ')}):`,
    ...(instead === undefined ? [] : [`    if ${active}:`, indented(instead, 8)]),
    ...(after === undefined
      ? [`    return ${given}`]
      : [`    done = ${given}`, `    if ${active}:`, indented(after, 8), '    return done']),
  ];
  return indented(lines.join('\n'), 4);
}

const indented = (text: string, by: number): string =>
  text
    .split('\n')
    .map((line) => ' '.repeat(by) + line)
    .join('\n');

const PARAMETER = 'smoke.defects';

/** Name of the module that plants a defect. */
export const moduleOf = ({ name }: Defect): string => `smoke_defect_${name}`;

/** Writes one module a defect; all are installed, and a system parameter tells which are active. */
export function writeAddons(folder: string, defects: readonly Defect[]): void {
  for (const defect of defects) {
    const module = join(folder, moduleOf(defect));
    mkdirSync(module, { recursive: true });
    const manifest = { name: defect.name, version: '19.0.1.0.0', license: 'LGPL-3', depends: [defect.depends] };
    writeFileSync(join(module, '__manifest__.py'), `${JSON.stringify(manifest)}\n`);
    writeFileSync(join(module, '__init__.py'), 'from . import defect\n');
    writeFileSync(join(module, 'defect.py'), moduleText(defect));
  }
}

const moduleText = ({ name, model, python }: Defect): string => `import time

from odoo import api, models


def on(records):
    active = records.env['ir.config_parameter'].sudo().get_param('${PARAMETER}') or ''
    return '${name}' in active.split(',')


class Defect(models.${model === 'account.payment.register' ? 'TransientModel' : 'Model'}):
    _inherit = '${model}'

${python}
`;

/** The call that makes exactly these defects active. */
export const activating = (defects: readonly Defect[]) => ({
  model: 'ir.config_parameter',
  method: 'set_param',
  body: { key: PARAMETER, value: defects.map(({ name }) => name).join(',') || 'none' },
});
