/** The script that makes facts, in the real Odoo: versions of one add-on that differ in one thing each. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { digestOf, type Sha256 } from '@tillgate/release';
import { changeModules, needOdoo, type Retail, runShell, startRetail } from '@tillgate/testbed/odoo';
import { migrationFacts } from './facts.ts';
import { type OdooFacts, readOdooFacts } from './odoo-facts.ts';

const SCRIPT = readFileSync(join(import.meta.dirname, '../../../deploy/odoo-facts/odoo_facts.py'), 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'tillgate-facts-'));
const FILES = {
  '__manifest__.py': `{'name': 'Card', 'version': '19.0.1.0.0', 'depends': ['web'], 'data': ['data.xml'],
 'assets': {'web.assets_backend': ['card/static/src/card.js']}}\n`,
  '__init__.py': 'from . import card\n',
  'card.py': `from odoo import fields, models


class Card(models.Model):
    _name = 'card'
    _description = 'Card'

    name = fields.Char()
`,
  'data.xml':
    '<odoo><record id="card_param" model="ir.config_parameter"><field name="key">card.colour</field><field name="value">red</field></record></odoo>\n',
  'static/src/card.js': '/** @odoo-module **/\nexport const card = 1;\n',
};
const MADE = new Date('2026-01-01T00:00:00Z');

/** A version of the add-on in a folder of its own; files have the same time, as in an image that was built with care. */
function version(name: string, change: (file: string, text: string) => string = (_, text) => text): string {
  const folder = join(scratch, name);
  for (const [file, text] of Object.entries(FILES)) {
    const path = join(folder, 'card', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, change(file, text));
    utimesSync(path, MADE, MADE);
  }
  return folder;
}
const in_ = (wanted: string, from: string, to: string) => (file: string, text: string) =>
  file === wanted ? text.replace(from, to) : text;

jest.setTimeout(600_000);

((await needOdoo()) ? describe : describe.skip)('facts of the real Odoo', () => {
  let retail: Retail;
  let database: string;
  let old: OdooFacts[] | undefined;
  beforeAll(async () => {
    retail = await startRetail();
    database = await retail.clone();
    await changeModules(retail.sandbox([version('old')]), database, { install: ['card'] });
  }, 600_000);
  afterAll(async () => {
    await retail?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  async function factsIn(folder: string): Promise<OdooFacts[]> {
    const image: Sha256 = digestOf(folder);
    const asked = SCRIPT.replace('os.environ.get("TILLGATE_IMAGE", "")', JSON.stringify(image));
    return readOdooFacts(Buffer.from(await runShell(retail.sandbox([folder]), database, asked)), folder);
  }
  async function compared(folder: string) {
    old ??= await factsIn(join(scratch, 'old'));
    const fresh = await factsIn(folder);
    const seen = { running: undefined, released: undefined, old, new: fresh, now: '', maxAgeMs: 0 };
    const facts = migrationFacts(seen, { from: digestOf('a'), to: digestOf('b') });
    const { units } = facts;
    return { ...units[0], differ: facts.assets?.filter(({ from, to }) => from !== to).map(({ bundle }) => bundle) };
  }

  it('open a shared database to a version in which only Python changed', async () => {
    const folder = version('python', in_('card.py', "_description = 'Card'", "_description = 'Loyalty card'"));
    expect(await compared(folder)).toEqual({
      units: [database],
      oldOnNew: 'yes',
      newOnOld: 'yes',
      modulesToUpdate: [],
      differ: [],
    });
  });

  it('name the module whose version was raised, and the one whose data changed without', async () => {
    const raised = version('raised', in_('__manifest__.py', '19.0.1.0.0', '19.0.1.1.0'));
    expect(await compared(raised)).toMatchObject({ modulesToUpdate: ['card'], newOnOld: 'no', oldOnNew: 'unknown' });
    expect(await compared(version('data', in_('data.xml', 'red', 'blue')))).toMatchObject({
      modulesToUpdate: ['card'],
    });
  });

  it('see a field for which there is no column: the new code does not work on these data', async () => {
    const folder = version(
      'field',
      in_('card.py', 'name = fields.Char()', 'name = fields.Char()\n    number = fields.Char()'),
    );
    expect((await factsIn(folder))[0]?.missingColumns).toEqual(['card.number']);
    expect(await compared(folder)).toMatchObject({ modulesToUpdate: [], newOnOld: 'no', oldOnNew: 'yes' });
  });

  it('see assets that differ: by the time of a file, as Odoo does, and by what is in it, which Odoo does not', async () => {
    const changed = version('assets', in_('static/src/card.js', 'card = 1', 'card = 2'));
    expect((await compared(changed)).differ).toContain('web.assets_backend');
    const touched = version('touched');
    const later = new Date(MADE.getTime() + 60_000);
    utimesSync(join(touched, 'card/static/src/card.js'), later, later);
    expect((await compared(touched)).differ).toContain('web.assets_backend');
  });

  it('tell how many connections a pod may open, and how many the server has, as it says itself', async () => {
    const told = (await factsIn(join(scratch, 'old')))[0]?.connections;
    const [most, reserved] = (
      await retail.postgres.psql(
        "SELECT current_setting('max_connections'), current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0)",
        database,
      )
    )
      .trim()
      .split(/[|\s]+/)
      .map(Number);
    expect(told).toMatchObject({ most, reserved, workers: 0, limit: null });
    expect(told?.perProcess).toBeGreaterThan(0);
  });

  it('change nothing in the database', async () => {
    const dump = () => retail.postgres.psql('SELECT count(*) || max(id)::text FROM ir_attachment', database);
    const before = await dump();
    await factsIn(join(scratch, 'old'));
    expect(await dump()).toEqual(before);
  });
});
