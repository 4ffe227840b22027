"""A company, a warehouse and a user of their own for smoke flows that write in production.

    odoo-bin shell -d <database> --no-http < deploy/odoo/set-aside-for-smoke-flows.py

What is there already stays as it is, so it can be run again. The user sees this one company and no other;
give it an API key (Preferences, Security) for `api-key`, and name company and warehouse in the action.
"""
NAME = 'Smoke'
LOGIN = 'smoke'

# Rights of whoever does this business, and settings: the lock and the tills are system parameters.
GROUPS = [
    'base.group_user',
    'base.group_system',
    'product.group_product_manager',
    'sales_team.group_sale_manager',
    'stock.group_stock_manager',
    'purchase.group_purchase_manager',
    'account.group_account_manager',
    'point_of_sale.group_pos_manager',
]


def there_or_new(model, domain, values):
    record = env[model].with_context(active_test=False).search(domain, limit=1)
    print(f"{model} {NAME}: {'is there' if record else 'made'}")
    return record or env[model].create(values)


main = env.ref('base.main_company')
company = there_or_new('res.company', [('name', '=', NAME)], {
    'name': NAME,
    'country_id': main.country_id.id,
    'currency_id': main.currency_id.id,
})
if 'chart_template' in company and not company.chart_template:
    env['account.chart.template'].try_loading(main.chart_template or 'generic_coa', company=company, install_demo=False)
if 'stock.warehouse' in env:
    # Odoo makes a warehouse for a new company by itself, and calls it after the company.
    there_or_new('stock.warehouse', [('company_id', '=', company.id)], {
        'name': NAME,
        'code': 'SMOKE',
        'company_id': company.id,
    }).name = NAME
user = there_or_new('res.users', [('login', '=', LOGIN)], {
    'name': NAME,
    'login': LOGIN,
    'company_id': company.id,
    'company_ids': [(6, 0, company.ids)],
})
groups = [env.ref(name, raise_if_not_found=False) for name in GROUPS]
field = 'group_ids' if 'group_ids' in user else 'groups_id'  # its name until Odoo 18
user[field] |= env['res.groups'].browse([group.id for group in groups if group])
env.cr.commit()
