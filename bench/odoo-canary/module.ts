import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const MODULE = 'tillgate_version';

export type Version = 'old' | 'new';

/**
 * In what the files of the two versions' bundles differ. Odoo names a bundle after the paths and the times of its files, not
 * after what is in them: `silent` differs in content alone, so that both versions' bundles have one name.
 */
export const ASSETS = ['same', 'differ', 'touched', 'silent'] as const;
export type Assets = (typeof ASSETS)[number];

/** Seconds since the epoch: when the files of the old version were written, and those of a new one that was touched. */
const WRITTEN = 1_700_000_000;
const TOUCHED = WRITTEN + 60;

const FILES = `['${MODULE}/static/src/version.js', '${MODULE}/static/src/version.css']`;

/** Its files go to the bundles of the web client, and of pages for everybody. */
const MANIFEST = `{
    'name': 'Version', 'version': '19.0.1.0.0', 'depends': ['web'],
    'assets': {'web.assets_frontend': ${FILES}, 'web.assets_backend': ${FILES}},
}
`;

/** What every answer of a version says of itself: Odoo's own do not say which version gave them. */
const answers = (version: Version) => `from odoo import models


class Http(models.AbstractModel):
    _inherit = 'ir.http'

    @classmethod
    def _post_dispatch(cls, response):
        super()._post_dispatch(response)
        response.headers['X-Shop-Version'] = '${version}'
`;

const controller = (version: Version) => `from odoo import http


class Version(http.Controller):
    @http.route('/tillgate/version', type='http', auth='public')
    def version(self):
        return http.request.make_response('${version}')
`;

/** The word by which the bundles of a version are known. */
export const wordOf = (version: Version, assets: Assets): string =>
  assets === 'differ' || assets === 'silent' ? version : 'both';

/** The word that a bundle has; undefined where it has none, as those that the module adds nothing to. */
export const wordIn = (bundle: string): string | undefined => /tillgate-assets-(old|new|both)/.exec(bundle)?.[1];

/** Writes a version of a module: what it answers differs, its data never do, its assets as told. Returns its folder. */
export function writeVersion(folder: string, version: Version, assets: Assets): string {
  const module = join(folder, MODULE);
  const bundled = join(module, 'static', 'src');
  mkdirSync(bundled, { recursive: true });
  writeFileSync(join(module, '__manifest__.py'), MANIFEST);
  writeFileSync(join(module, '__init__.py'), 'from . import answers, controller\n');
  writeFileSync(join(module, 'controller.py'), controller(version));
  writeFileSync(join(module, 'answers.py'), answers(version));
  const word = `tillgate-assets-${wordOf(version, assets)}`;
  const written = version === 'new' && (assets === 'differ' || assets === 'touched') ? TOUCHED : WRITTEN;
  for (const [name, text] of [
    ['version.js', `export const word = "${word}";\n`],
    ['version.css', `.${word} { color: inherit; }\n`],
  ] as const) {
    writeFileSync(join(bundled, name), text);
    utimesSync(join(bundled, name), written, written);
  }
  return folder;
}
