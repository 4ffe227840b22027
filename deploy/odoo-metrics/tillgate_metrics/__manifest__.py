{
    'name': 'Tillgate metrics',
    'summary': 'Counts what Odoo answered, behind HTTP 200 too, for Prometheus',
    'version': '19.0.1.0.0',
    'category': 'Technical',
    'author': 'The Tillgate authors',
    'license': 'Other OSI approved licence',  # Apache-2.0
    'depends': ['base'],
    # It is loaded with the server (--load) and installed in no database: it needs no -u and changes no data.
    'installable': True,
    'post_load': 'post_load',
}
