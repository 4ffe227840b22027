{
    "name": "Corner Shops loyalty",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "depends": ["sale_management", "loyalty"],
    "data": [],
    "installable": True,
}
