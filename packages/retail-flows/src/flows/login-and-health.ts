import { defineFlow } from '../flow.ts';
import { only } from '../steps/catalogue.ts';
import { since } from '../steps/fields.ts';

export const loginAndHealth = defineFlow({
  name: 'login-and-health',
  title: 'Log in, and find the shop in order',
  modules: ['base'],
  writes: [],
  async run(visit) {
    const me = await visit.step('the user logs in and reads their settings', () =>
      visit.call<{ uid?: number; lang?: string }>('res.users', 'context_get'),
    );
    visit.check('the settings name a user', true, typeof me.uid === 'number' || typeof me.lang === 'string');
    const waiting = await visit.step('modules are looked at', () =>
      visit.call<{ name: string }[]>('ir.module.module', 'search_read', {
        domain: [['state', 'in', ['to install', 'to upgrade', 'to remove']]],
        fields: ['name'],
        order: 'name',
      }),
    );
    visit.check(
      'modules whose installation or update is not finished',
      [],
      waiting.map(({ name }) => name),
    );
    type Views = Record<string, { arch?: string }>;
    // Up to Odoo 15 the same is called otherwise.
    const [method, list] = since(visit, 16) ? ['get_views', 'list'] : ['load_views', 'tree'];
    const views = await visit.step('the views of a customer are put together', () =>
      visit.call<{ views?: Views; fields_views?: Views }>('res.partner', method, {
        views: [
          [false, list],
          [false, 'form'],
        ],
      }),
    );
    const { form } = only([views.views ?? views.fields_views], 'views') ?? {};
    visit.check('list and form have content', true, form?.arch?.includes('<form') ?? false);
  },
});
