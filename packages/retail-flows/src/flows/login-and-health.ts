import { defineFlow } from '../flow.ts';
import { only } from '../steps/catalogue.ts';

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
    const views = await visit.step('the views of a customer are put together', () =>
      visit.call<{ views?: Record<string, { arch?: string }> }>('res.partner', 'get_views', {
        views: [
          [false, 'list'],
          [false, 'form'],
        ],
      }),
    );
    visit.check(
      'list and form have content',
      true,
      only([views.views], 'views')?.form?.arch?.includes('<form') ?? false,
    );
  },
});
